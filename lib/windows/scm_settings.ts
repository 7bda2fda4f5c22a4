/**
 * The settings of a service beyond the basic ones: description, delayed start, recovery. A system may not know one.
 *
 * @module
 */
import { advapi32 } from "./ffi/libraries.ts";
import { checkCode, codeOf, ERROR_INVALID_LEVEL, filled } from "./ffi/errors.ts";
import { dwordIn, dwords, pointerIn, referring, wide, wideAt } from "./ffi/memory.ts";
import type { Recovery, Registration } from "./registration.ts";

// winsvc.h
const SC_ACTION_RESTART = 1;
const SERVICE_CONFIG_DESCRIPTION = 1;
const SERVICE_CONFIG_FAILURE_ACTIONS = 2;
const SERVICE_CONFIG_DELAYED_AUTO_START_INFO = 3;
const SERVICE_CONFIG_FAILURE_ACTIONS_FLAG = 4;

/** Offsets in `SERVICE_FAILURE_ACTIONSW`, and its size. */
const SERVICE_FAILURE_ACTIONSW = { reset: 0, count: 24, actions: 32, size: 40 } as const;

/** Reads them; those that this system does not know are absent. */
export function readOthers(
  service: Deno.PointerObject,
): Partial<Pick<Registration, "description" | "recovery"> & { delayed: boolean }> {
  const { QueryServiceConfig2W } = advapi32();
  const read = (level: number) =>
    filled(
      (...to) => codeOf(QueryServiceConfig2W(service, level, ...to)),
      "read the service's settings",
    );
  const description = read(SERVICE_CONFIG_DESCRIPTION);
  const delayed = read(SERVICE_CONFIG_DELAYED_AUTO_START_INFO);
  const actions = read(SERVICE_CONFIG_FAILURE_ACTIONS);
  const onErrors = read(SERVICE_CONFIG_FAILURE_ACTIONS_FLAG);
  return {
    ...(description && { description: wideAt(pointerIn(description)) }),
    ...(delayed && { delayed: dwordIn(delayed) !== 0 }),
    ...(actions && onErrors && { recovery: readRecovery(actions, dwordIn(onErrors) !== 0) }),
  };
}

function readRecovery(bytes: Uint8Array<ArrayBuffer>, onErrors: boolean): Recovery {
  const first = pointerIn(bytes, SERVICE_FAILURE_ACTIONSW.actions);
  const list = first && new Deno.UnsafePointerView(first);
  const length = list ? dwordIn(bytes, SERVICE_FAILURE_ACTIONSW.count) : 0;
  const actions = Array.from({ length }, (_, i) => ({
    type: list!.getUint32(8 * i),
    delay: list!.getUint32(8 * i + 4),
  }));
  return {
    restartAfter: actions.filter(({ type }) => type === SC_ACTION_RESTART)
      .map(({ delay }) => delay),
    resetAfter: dwordIn(bytes, SERVICE_FAILURE_ACTIONSW.reset),
    onErrors,
  };
}

/** Sets them, and returns the names of those that this system does not know. */
export function setOthers(
  service: Deno.PointerObject,
  { description, start, recovery }: Registration,
): string[] {
  const settings: [name: string, level: number, value: Uint8Array<ArrayBuffer>][] = [
    ["description", SERVICE_CONFIG_DESCRIPTION, referring(8, 0, wide(description))],
    ["delayed start", SERVICE_CONFIG_DELAYED_AUTO_START_INFO, dwords(Number(start === "delayed"))],
    ["recovery actions", SERVICE_CONFIG_FAILURE_ACTIONS, failureActions(recovery)],
    [
      "recovery after errors",
      SERVICE_CONFIG_FAILURE_ACTIONS_FLAG,
      dwords(Number(recovery.onErrors)),
    ],
  ];
  return settings.filter(([name, level, value]) => !set(service, name, level, value))
    .map(([name]) => name);
}

/** False when this system does not know the setting. */
function set(
  service: Deno.PointerObject,
  name: string,
  level: number,
  value: Uint8Array<ArrayBuffer>,
): boolean {
  const code = codeOf(advapi32().ChangeServiceConfig2W(service, level, value));
  if (code === ERROR_INVALID_LEVEL) return false;
  checkCode(code, `set the service's ${name}`);
  return true;
}

/** `SERVICE_FAILURE_ACTIONSW` with its array of `SC_ACTION`: what to do, and after how many ms. */
function failureActions({ resetAfter, restartAfter }: Recovery): Uint8Array<ArrayBuffer> {
  const { size, reset, count, actions } = SERVICE_FAILURE_ACTIONSW;
  const list = dwords(...restartAfter.flatMap((delay) => [SC_ACTION_RESTART, delay]));
  const bytes = referring(size, actions, list);
  const view = new DataView(bytes.buffer);
  view.setUint32(reset, resetAfter, true);
  view.setUint32(count, restartAfter.length, true);
  return bytes;
}
