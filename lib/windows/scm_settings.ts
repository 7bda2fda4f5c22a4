/**
 * The settings of a service beyond the basic ones: description, delayed start, recovery. A system may not know one.
 *
 * @module
 */
import { allocate, lastError, pointerIn, referring, wide, wideAt, WindowsError } from "./ffi.ts";
import { advapi32, ERROR_INVALID_LEVEL, filled, type Handle } from "./scm_calls.ts";
import type { Recovery, Registration } from "./service_database.ts";

const SC_ACTION_RESTART = 1;

/** Windows' `dwInfoLevel` of each. */
const LEVEL = { description: 1, recovery: 2, delayed: 3, recoveryOnErrors: 4 } as const;

/** The offsets of `SERVICE_FAILURE_ACTIONSW` on 64-bit Windows, and its size. */
const ACTIONS = { reset: 0, count: 24, actions: 32, size: 40 } as const;

/** What a service says of these settings; what this system does not know is absent. */
export interface OtherSettings {
  description?: string;
  delayed?: boolean;
  recovery?: Recovery;
}

/** Reads them. */
export function readOthers(service: Handle): OtherSettings {
  const read = (level: number) =>
    filled(
      (...to) => advapi32().QueryServiceConfig2W(service, level, ...to),
      "read the service's settings",
    );
  const description = read(LEVEL.description);
  const delayed = read(LEVEL.delayed);
  const recovery = readRecovery(read(LEVEL.recovery), read(LEVEL.recoveryOnErrors));
  return {
    ...(description && { description: wideAt(pointerIn(description)) }),
    ...(delayed && { delayed: delayed[0] !== 0 }),
    ...(recovery && { recovery }),
  };
}

function readRecovery(
  actions: Uint8Array<ArrayBuffer> | undefined,
  onErrors: Uint8Array<ArrayBuffer> | undefined,
): Recovery | undefined {
  if (!actions || !onErrors) return undefined;
  const view = new DataView(actions.buffer);
  const first = pointerIn(actions, ACTIONS.actions);
  const list = first && new Deno.UnsafePointerView(first);
  const count = list ? view.getUint32(ACTIONS.count, true) : 0;
  const all = Array.from({ length: count }, (_, i) => ({
    type: list!.getUint32(8 * i),
    delay: list!.getUint32(8 * i + 4),
  }));
  return {
    restartAfter: all.filter(({ type }) => type === SC_ACTION_RESTART).map(({ delay }) => delay),
    resetAfter: view.getUint32(ACTIONS.reset, true),
    onErrors: onErrors[0] !== 0,
  };
}

/** Sets them, and returns what this system does not know. */
export function setOthers(
  service: Handle,
  { description, start, recovery }: Registration,
): string[] {
  const settings: [name: string, level: number, value: Uint8Array<ArrayBuffer>][] = [
    ["description", LEVEL.description, referring(8, 0, wide(description))],
    ["delayed start", LEVEL.delayed, boolean(start === "delayed")],
    ["recovery actions", LEVEL.recovery, recoveryBytes(recovery)],
    ["recovery after errors", LEVEL.recoveryOnErrors, boolean(recovery.onErrors)],
  ];
  const unknown = settings.filter(([name, level, value]) => !set(service, name, level, value));
  return unknown.map(([name]) => name);
}

/** False when this system does not know the setting. */
function set(
  service: Handle,
  name: string,
  level: number,
  value: Uint8Array<ArrayBuffer>,
): boolean {
  if (advapi32().ChangeServiceConfig2W(service, level, value) !== 0) return true;
  const code = lastError();
  if (code !== ERROR_INVALID_LEVEL) throw new WindowsError(code, `set the service's ${name}`);
  return false;
}

function boolean(value: boolean): Uint8Array<ArrayBuffer> {
  const bytes = allocate(4);
  bytes[0] = Number(value);
  return bytes;
}

/** An array of `SC_ACTION`: what to do, and after how many ms. */
function actionsBytes(restartAfter: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = allocate(8 * restartAfter.length);
  const view = new DataView(bytes.buffer);
  restartAfter.forEach((delay, i) => {
    view.setUint32(8 * i, SC_ACTION_RESTART, true);
    view.setUint32(8 * i + 4, delay, true);
  });
  return bytes;
}

function recoveryBytes({ resetAfter, restartAfter }: Recovery): Uint8Array<ArrayBuffer> {
  const bytes = referring(ACTIONS.size, ACTIONS.actions, actionsBytes(restartAfter));
  const view = new DataView(bytes.buffer);
  view.setUint32(ACTIONS.reset, resetAfter, true);
  view.setUint32(ACTIONS.count, restartAfter.length, true);
  return bytes;
}
