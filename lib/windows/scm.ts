/**
 * The service control manager's database, by FFI: numbers and structures in place of what `sc` prints in the
 * language of the system.
 *
 * @module
 */
import {
  addressOf,
  allocate,
  check,
  checkPointer,
  lastError,
  lazy,
  pointerIn,
  prepareErrors,
  wide,
  wideAt,
  WindowsError,
} from "./ffi.ts";
import type {
  FoundRegistration,
  Recovery,
  Registration,
  ServiceDatabase,
  ServiceStanding,
  StartType,
} from "./service_database.ts";
import { CONTROL, type StateNumber } from "./service_status.ts";

const ERROR_INSUFFICIENT_BUFFER = 122;
const ERROR_INVALID_LEVEL = 124;
const ERROR_SERVICE_DOES_NOT_EXIST = 1060;

const SC_MANAGER_CONNECT = 0x1;
const SC_MANAGER_CREATE_SERVICE = 0x2;
const SERVICE_QUERY_CONFIG = 0x1;
const SERVICE_CHANGE_CONFIG = 0x2;
const SERVICE_QUERY_STATUS = 0x4;
const SERVICE_START = 0x10;
const SERVICE_STOP = 0x20;
const DELETE = 0x10000;
const SERVICE_ALL_ACCESS = 0xf01ff;

const SERVICE_WIN32_OWN_PROCESS = 0x10;
const SERVICE_ERROR_NORMAL = 1;
const SERVICE_AUTO_START = 2;
const SERVICE_DEMAND_START = 3;
const SERVICE_DISABLED = 4;
const SC_STATUS_PROCESS_INFO = 0;
const SC_ACTION_RESTART = 1;

/** The settings beyond the basic ones: Windows' `dwInfoLevel`. */
const LEVEL = { description: 1, recovery: 2, delayed: 3, recoveryOnErrors: 4 } as const;

/** The offsets of `QUERY_SERVICE_CONFIGW` on 64-bit Windows. */
const CONFIG = { start: 4, commandLine: 16, account: 48, displayName: 56 } as const;

/** The offsets of `SERVICE_FAILURE_ACTIONSW` on 64-bit Windows, and its size. */
const ACTIONS = { reset: 0, count: 24, actions: 32, size: 40 } as const;

const advapi32 = lazy(() => {
  prepareErrors();
  const handle = "pointer", text = "buffer", result = "i32";
  return Deno.dlopen("advapi32.dll", {
    OpenSCManagerW: { parameters: ["pointer", "pointer", "u32"], result: handle },
    OpenServiceW: { parameters: [handle, text, "u32"], result: handle },
    CloseServiceHandle: { parameters: [handle], result },
    CreateServiceW: {
      parameters: [
        ...[handle, text, text, "u32", "u32", "u32", "u32", text] as const,
        ...["pointer", "pointer", "pointer", text, "buffer"] as const,
      ],
      result: handle,
    },
    ChangeServiceConfigW: {
      parameters: [
        ...[handle, "u32", "u32", "u32", text] as const,
        ...["pointer", "pointer", "pointer", text, "buffer", text] as const,
      ],
      result,
    },
    ChangeServiceConfig2W: { parameters: [handle, "u32", "buffer"], result },
    QueryServiceConfigW: { parameters: [handle, "buffer", "u32", "buffer"], result },
    QueryServiceConfig2W: { parameters: [handle, "u32", "buffer", "u32", "buffer"], result },
    QueryServiceStatusEx: { parameters: [handle, "u32", "buffer", "u32", "buffer"], result },
    StartServiceW: { parameters: [handle, "u32", "pointer"], result },
    ControlService: { parameters: [handle, "u32", "buffer"], result },
    DeleteService: { parameters: [handle], result },
  }).symbols;
});

type Handle = Deno.PointerObject;

/** The database of this machine. */
export const serviceControlManager: ServiceDatabase = {
  requireAdministrator: () => withManager(SC_MANAGER_CREATE_SERVICE, () => {}),
  find: (name) => query(name, SERVICE_QUERY_CONFIG, readRegistration),
  standing: (name) => query(name, SERVICE_QUERY_STATUS, readStanding),
  create: (name, registration, password) =>
    withManager(SC_MANAGER_CREATE_SERVICE, (manager) => {
      const service = createService(manager, name, registration, password);
      return closing(service, () => setOthers(service, registration));
    }),
  change: (name, registration, password) =>
    withService(name, SERVICE_CHANGE_CONFIG | SERVICE_START, (service) => {
      changeService(service, registration, password);
      return setOthers(service, registration);
    }),
  remove: (name) =>
    withService(name, DELETE, (service) => {
      check(advapi32().DeleteService(service), `remove service '${name}'`);
    }),
  start: (name) =>
    withService(name, SERVICE_START, (service) => {
      check(advapi32().StartServiceW(service, 0, null), `start service '${name}'`);
    }),
  stop: (name) =>
    withService(name, SERVICE_STOP, (service) => {
      const ended = advapi32().ControlService(service, CONTROL.stop, allocate(28));
      check(ended, `stop service '${name}'`);
    }),
};

function closing<T>(handle: Handle, use: (handle: Handle) => T): T {
  try {
    return use(handle);
  } finally {
    advapi32().CloseServiceHandle(handle);
  }
}

function withManager<T>(access: number, use: (manager: Handle) => T): T {
  const manager = advapi32().OpenSCManagerW(null, null, access | SC_MANAGER_CONNECT);
  return closing(checkPointer(manager, "open the service control manager"), use);
}

function withService<T>(name: string, access: number, use: (service: Handle) => T): T {
  return withManager(0, (manager) => {
    const service = advapi32().OpenServiceW(manager, wide(name), access);
    return closing(checkPointer(service, `open service '${name}'`), use);
  });
}

function query<T>(name: string, access: number, read: (service: Handle) => T): T | undefined {
  try {
    return withService(name, access, read);
  } catch (error) {
    if (error instanceof WindowsError && error.code === ERROR_SERVICE_DOES_NOT_EXIST) {
      return undefined;
    }
    throw error;
  }
}

function startNumber(start: StartType): number {
  if (start === "manual") return SERVICE_DEMAND_START;
  return start === "disabled" ? SERVICE_DISABLED : SERVICE_AUTO_START;
}

function createService(
  manager: Handle,
  name: string,
  { displayName, commandLine, account, start }: Registration,
  password: string | undefined,
): Handle {
  const service = advapi32().CreateServiceW(
    manager,
    wide(name),
    wide(displayName),
    SERVICE_ALL_ACCESS,
    SERVICE_WIN32_OWN_PROCESS,
    startNumber(start),
    SERVICE_ERROR_NORMAL,
    wide(commandLine),
    null,
    null,
    null,
    wide(account),
    password === undefined ? null : wide(password),
  );
  return checkPointer(service, `create service '${name}'`);
}

function changeService(
  service: Handle,
  { displayName, commandLine, account, start }: Registration,
  password: string | undefined,
): void {
  const done = advapi32().ChangeServiceConfigW(
    service,
    SERVICE_WIN32_OWN_PROCESS,
    startNumber(start),
    SERVICE_ERROR_NORMAL,
    wide(commandLine),
    null,
    null,
    null,
    wide(account),
    password === undefined ? null : wide(password),
    wide(displayName),
  );
  check(done, `change service '${displayName}'`);
}

/** Sets what the basic calls do not, and returns what this system does not know. */
function setOthers(service: Handle, { description, start, recovery }: Registration): string[] {
  const text = wide(description);
  const pointer = allocate(8);
  new DataView(pointer.buffer).setBigUint64(0, addressOf(text), true);
  const actions = actionsBytes(recovery.restartAfter);
  const settings: [name: string, level: number, value: Uint8Array<ArrayBuffer>][] = [
    ["description", LEVEL.description, pointer],
    ["delayed start", LEVEL.delayed, boolean(start === "delayed")],
    ["recovery actions", LEVEL.recovery, recoveryBytes(recovery, actions)],
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

function recoveryBytes(
  { resetAfter, restartAfter }: Recovery,
  actions: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const bytes = allocate(ACTIONS.size);
  const view = new DataView(bytes.buffer);
  view.setUint32(ACTIONS.reset, resetAfter, true);
  view.setUint32(ACTIONS.count, restartAfter.length, true);
  view.setBigUint64(ACTIONS.actions, addressOf(actions), true);
  return bytes;
}

type Fill = (
  buffer: Uint8Array<ArrayBuffer>,
  size: number,
  needed: Uint8Array<ArrayBuffer>,
) => number;

/** Calls a function that fills a buffer and first says how large that must be; undefined: an unknown setting. */
function filled(fill: Fill, what: string): Uint8Array<ArrayBuffer> | undefined {
  const needed = allocate(4);
  for (let size = 1024;;) {
    const buffer = allocate(size);
    if (fill(buffer, size, needed) !== 0) return buffer;
    const code = lastError();
    if (code === ERROR_INVALID_LEVEL) return undefined;
    const wanted = new DataView(needed.buffer).getUint32(0, true);
    if (code !== ERROR_INSUFFICIENT_BUFFER || wanted <= size) throw new WindowsError(code, what);
    size = wanted;
  }
}

function readRegistration(service: Handle): FoundRegistration {
  const what = "read the service's settings";
  const config = filled((...to) => advapi32().QueryServiceConfigW(service, ...to), what)!;
  const other = (level: number) =>
    filled((...to) => advapi32().QueryServiceConfig2W(service, level, ...to), what);
  const description = other(LEVEL.description);
  const delayed = other(LEVEL.delayed);
  const recovery = readRecovery(other(LEVEL.recovery), other(LEVEL.recoveryOnErrors));
  return {
    commandLine: wideAt(pointerIn(config, CONFIG.commandLine)),
    account: wideAt(pointerIn(config, CONFIG.account)),
    displayName: wideAt(pointerIn(config, CONFIG.displayName)),
    start: readStart(new DataView(config.buffer).getUint32(CONFIG.start, true), delayed),
    ...(description && { description: wideAt(pointerIn(description)) }),
    ...(recovery && { recovery }),
  };
}

function readStart(number: number, delayed: Uint8Array | undefined): StartType {
  if (number === SERVICE_DISABLED) return "disabled";
  if (number !== SERVICE_AUTO_START) return "manual";
  return delayed === undefined || delayed[0] !== 0 ? "delayed" : "automatic";
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

/** `SERVICE_STATUS_PROCESS`: nine numbers of four bytes. */
function readStanding(service: Handle): ServiceStanding {
  const bytes = allocate(36);
  check(
    advapi32().QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, bytes, 36, allocate(4)),
    "ask how the service stands",
  );
  const [, state, , exitCode, ownCode, , , pid] = new Uint32Array(bytes.buffer);
  return { state: state as StateNumber, exitCode: exitCode!, ownCode: ownCode!, pid: pid! };
}
