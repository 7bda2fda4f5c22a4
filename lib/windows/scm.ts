/**
 * The service control manager's database, by its own functions: their numbers and structures say the same in every
 * language of the system, which the output of `sc` does not.
 *
 * @module
 */
import { advapi32 } from "./ffi/libraries.ts";
import { check, codeOf, ERROR_SERVICE_DOES_NOT_EXIST, filled, WindowsError } from "./ffi/errors.ts";
import {
  allocate,
  dwordIn,
  dwords,
  type Handle,
  handle,
  pointerIn,
  wide,
  wideAt,
} from "./ffi/memory.ts";
import { isAlive, openProcess } from "./processes.ts";
import {
  type FoundRegistration,
  type Registration,
  START_TYPES,
  type StartType,
} from "./registration.ts";
import { readOthers, setOthers } from "./scm_settings.ts";
import { CONTROL, type QueriedStatus, STATE, type StateNumber } from "./service_status.ts";

// winsvc.h
const SC_MANAGER_CONNECT = 0x1;
const SC_MANAGER_CREATE_SERVICE = 0x2;
const SC_MANAGER_ENUMERATE_SERVICE = 0x4;
const SERVICE_QUERY_CONFIG = 0x1;
const SERVICE_CHANGE_CONFIG = 0x2;
const SERVICE_QUERY_STATUS = 0x4;
const SERVICE_START = 0x10;
const SERVICE_STOP = 0x20;
const SERVICE_STATE_ALL = 3;
const SERVICE_NO_CHANGE = 0xffffffff;
const SC_STATUS_PROCESS_INFO = 0;
// winnt.h
const DELETE = 0x10000;
const SERVICE_WIN32 = 0x30;
const SERVICE_WIN32_OWN_PROCESS = 0x10;
const SERVICE_ERROR_NORMAL = 1;

/** Offsets in `QUERY_SERVICE_CONFIGW`. */
const QUERY_SERVICE_CONFIGW = { start: 4, commandLine: 16, account: 48, displayName: 56 } as const;

/** The size of `ENUM_SERVICE_STATUSW`, which begins with a pointer to the name. */
const ENUM_SERVICE_STATUSW = 48;

/** The database of this machine. Every call but the queries throws a {@linkcode WindowsError} when it fails. */
export const serviceControlManager = {
  /** @throws {WindowsError} of code 5 when this process does not have the rights of an administrator. */
  requireAdministrator(): void {
    using _ = openManager(SC_MANAGER_CREATE_SERVICE);
  },
  /** The names of all services. */
  names: listNames,
  /** The registration of a service; undefined when it is not installed. */
  find: (name: string) => query(name, SERVICE_QUERY_CONFIG, readRegistration),
  /** The state of a service; undefined when it is not installed. */
  query: (name: string) => query(name, SERVICE_QUERY_STATUS, readStatus),
  /**
   * Registers a service; `complete` sets the rest.
   *
   * @param password of an account that has one.
   */
  create(name: string, registration: Registration, password?: string): void {
    using manager = openManager(SC_MANAGER_CREATE_SERVICE);
    const { CreateServiceW, CloseServiceHandle } = advapi32();
    const [newName, displayName] = [wide(name), wide(registration.displayName)];
    const config = configuration(registration, password);
    const { pointer } = manager;
    const made = CreateServiceW(pointer, newName, displayName, SERVICE_QUERY_STATUS, ...config);
    CloseServiceHandle(check(made, `create service '${name}'`));
  },
  /** Changes the registration of a service; else as `create`. */
  change: (name: string, registration: Registration, password?: string): void =>
    changeService(name, registration, password, `change service '${name}'`),
  /**
   * Sets what old versions of Windows lack: description, delayed start, recovery. Returns the settings that this system
   * lacks.
   */
  complete(name: string, registration: Registration): string[] {
    using service = openService(name, SERVICE_CHANGE_CONFIG | SERVICE_START);
    return setOthers(service.pointer, registration);
  },
  /** Has a service run as an account with its password from its next start on. */
  setAccount: (name: string, account: string, password: string): void =>
    changeService(name, { account }, password, `set the account of service '${name}'`),
  /** Marks a service for deletion. Windows deletes it when it has stopped and no program has it open. */
  remove(name: string): void {
    using service = openService(name, DELETE);
    check(advapi32().DeleteService(service.pointer), `remove service '${name}'`);
  },
  /** Starts a service; it may be starting still afterwards. */
  start(name: string): void {
    using service = openService(name, SERVICE_START);
    check(advapi32().StartServiceW(service.pointer, 0, null), `start service '${name}'`);
  },
  /** Asks a service to stop; it may be stopping still afterwards. */
  stop(name: string): void {
    using service = openService(name, SERVICE_STOP);
    const { ControlService } = advapi32();
    check(ControlService(service.pointer, CONTROL.stop, allocate(28)), `stop service '${name}'`);
  },
};

/**
 * Opens the service control manager.
 *
 * @throws {WindowsError} when it cannot be opened with this access.
 */
function openManager(access: number): Handle {
  const { OpenSCManagerW, CloseServiceHandle } = advapi32();
  const manager = OpenSCManagerW(null, null, access | SC_MANAGER_CONNECT);
  return handle(check(manager, "open the service control manager"), CloseServiceHandle);
}

/**
 * Opens a service.
 *
 * @throws {WindowsError} when it is not installed or cannot be opened with this access.
 */
function openService(name: string, access: number): Handle {
  using manager = openManager(0);
  const { OpenServiceW, CloseServiceHandle } = advapi32();
  const service = OpenServiceW(manager.pointer, wide(name), access);
  return handle(check(service, `open service '${name}'`), CloseServiceHandle);
}

/**
 * Makes a function that reads the state of a service; it gives undefined for one that is not installed.
 * Meant to be called often: as long as the process of a service that was RUNNING lives, that is the answer, which costs
 * no call of another process. It keeps no service open, which could not be deleted then.
 *
 * @throws {WindowsError} when the service may not be asked.
 */
export function serviceStateReader(): (name: string) => StateNumber | undefined {
  const processes = new Map<string, Handle>();
  return (name) => {
    const process = processes.get(name);
    if (process && isAlive(process.pointer)) return STATE.running;
    process?.[Symbol.dispose]();
    processes.delete(name);
    const status = query(name, SERVICE_QUERY_STATUS, readStatus);
    if (status?.state === STATE.running && !status.sharesProcess) {
      const opened = openProcess(status.pid);
      if (opened) processes.set(name, opened);
    }
    return status?.state;
  };
}

/** Reads something of a service; undefined when it is not installed. */
function query<T>(
  name: string,
  access: number,
  read: (service: Deno.PointerObject) => T,
): T | undefined {
  try {
    using service = openService(name, access);
    return read(service.pointer);
  } catch (error) {
    const isMissing = error instanceof WindowsError && error.code === ERROR_SERVICE_DOES_NOT_EXIST;
    if (isMissing) return undefined;
    throw error;
  }
}

function listNames(): string[] {
  using manager = openManager(SC_MANAGER_ENUMERATE_SERVICE);
  const { pointer } = manager;
  const count = dwords(0);
  const { EnumServicesStatusW: list } = advapi32();
  // Without a resume handle each call begins with the first service.
  const services = filled(
    (...to) => codeOf(list(pointer, SERVICE_WIN32, SERVICE_STATE_ALL, ...to, count, null)),
    "list the services",
  )!;
  return Array.from(
    { length: dwordIn(count) },
    (_, i) => wideAt(pointerIn(services, ENUM_SERVICE_STATUSW * i)),
  );
}

/** Changes the settings that are given. */
function changeService(
  name: string,
  settings: Partial<Registration>,
  password: string | undefined,
  what: string,
): void {
  using service = openService(name, SERVICE_CHANGE_CONFIG);
  const config = configuration(settings, password);
  const displayName = optional(settings.displayName);
  check(advapi32().ChangeServiceConfigW(service.pointer, ...config, displayName), what);
}

/**
 * What `CreateServiceW` and `ChangeServiceConfigW` take alike: type, start type, error control, command line, no group,
 * tag and dependencies, account, password. What is absent does not change.
 */
function configuration(
  { commandLine, account, start }: Partial<Registration>,
  password: string | undefined,
) {
  const isWhole = commandLine !== undefined;
  return [
    isWhole ? SERVICE_WIN32_OWN_PROCESS : SERVICE_NO_CHANGE,
    start === undefined ? SERVICE_NO_CHANGE : START_TYPES[start].number,
    isWhole ? SERVICE_ERROR_NORMAL : SERVICE_NO_CHANGE,
    optional(commandLine),
    null,
    null,
    null,
    optional(account),
    optional(password),
  ] as const;
}

function optional(text: string | undefined): Uint8Array<ArrayBuffer> | null {
  return text === undefined ? null : wide(text);
}

function readRegistration(service: Deno.PointerObject): FoundRegistration {
  const { QueryServiceConfigW } = advapi32();
  const config = filled(
    (...to) => codeOf(QueryServiceConfigW(service, ...to)),
    "read the service's settings",
  )!;
  const { start, commandLine, account, displayName } = QUERY_SERVICE_CONFIGW;
  const textAt = (offset: number) => wideAt(pointerIn(config, offset));
  const { delayed, ...others } = readOthers(service);
  return {
    commandLine: textAt(commandLine),
    account: textAt(account),
    displayName: textAt(displayName),
    start: startType(dwordIn(config, start), delayed),
    ...others,
  };
}

/** A system that does not report whether an automatic start is delayed has only delayed ones. */
function startType(number: number, delayed = true): StartType {
  if (number === START_TYPES.automatic.number) return delayed ? "delayed" : "automatic";
  return number === START_TYPES.disabled.number ? "disabled" : "manual";
}

/** Reads `SERVICE_STATUS_PROCESS`: nine numbers of 32 bits. */
function readStatus(service: Deno.PointerObject): QueriedStatus {
  const bytes = allocate(36);
  const { QueryServiceStatusEx } = advapi32();
  check(
    QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, bytes, bytes.length, dwords(0)),
    "query the state of the service",
  );
  const [type, state, , exitCode, ownCode, , , pid] = new Uint32Array(bytes.buffer);
  const shares = (type! & SERVICE_WIN32_OWN_PROCESS) === 0;
  return {
    state: state as StateNumber,
    exitCode: exitCode!,
    ownCode: ownCode!,
    pid: pid!,
    ...(shares && { sharesProcess: true }),
  };
}
