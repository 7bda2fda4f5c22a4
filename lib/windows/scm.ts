/**
 * The service control manager's database, by FFI: numbers and structures in place of what `sc` prints in the
 * language of the system.
 *
 * @module
 */
import { allocate, check, checkPointer, pointerIn, wide, wideAt, WindowsError } from "./ffi.ts";
import { advapi32, closing, filled, type Handle, withManager, withService } from "./scm_calls.ts";
import { readOthers, setOthers } from "./scm_settings.ts";
import type {
  FoundRegistration,
  Registration,
  ServiceDatabase,
  ServiceStanding,
  StartType,
} from "./service_database.ts";
import { CONTROL, type StateNumber } from "./service_status.ts";

const ERROR_SERVICE_DOES_NOT_EXIST = 1060;

const SC_MANAGER_CREATE_SERVICE = 0x2;
const SC_MANAGER_ENUMERATE_SERVICE = 0x4;
const SERVICE_QUERY_CONFIG = 0x1;
const SERVICE_CHANGE_CONFIG = 0x2;
const SERVICE_QUERY_STATUS = 0x4;
const SERVICE_START = 0x10;
const SERVICE_STOP = 0x20;
const DELETE = 0x10000;
const SERVICE_ALL_ACCESS = 0xf01ff;

const SERVICE_WIN32 = 0x30;
const SERVICE_WIN32_OWN_PROCESS = 0x10;
const SERVICE_STATE_ALL = 3;
const SERVICE_NO_CHANGE = 0xffffffff;
const SERVICE_ERROR_NORMAL = 1;
const SERVICE_AUTO_START = 2;
const SERVICE_DEMAND_START = 3;
const SERVICE_DISABLED = 4;
const SC_STATUS_PROCESS_INFO = 0;

/** The offsets of `QUERY_SERVICE_CONFIGW` on 64-bit Windows. */
const CONFIG = { start: 4, commandLine: 16, account: 48, displayName: 56 } as const;

/** The size of `ENUM_SERVICE_STATUSW` on 64-bit Windows, which begins with where the name is. */
const ENUMERATED = 48;

/** The database of this machine. */
export const serviceControlManager: ServiceDatabase = {
  requireAdministrator: () => withManager(SC_MANAGER_CREATE_SERVICE, () => {}),
  names: () => withManager(SC_MANAGER_ENUMERATE_SERVICE, listNames),
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
  setAccount: (name, account, password) =>
    withService(name, SERVICE_CHANGE_CONFIG, (service) => {
      const done = advapi32().ChangeServiceConfigW(
        service,
        SERVICE_NO_CHANGE,
        SERVICE_NO_CHANGE,
        SERVICE_NO_CHANGE,
        null,
        null,
        null,
        null,
        wide(account),
        wide(password),
        null,
      );
      check(done, `set the account of service '${name}'`);
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

function listNames(manager: Handle): string[] {
  const count = allocate(4);
  const list = filled(
    (buffer, size, needed) =>
      advapi32().EnumServicesStatusW(
        manager,
        SERVICE_WIN32,
        SERVICE_STATE_ALL,
        buffer,
        size,
        needed,
        count,
        allocate(4),
      ),
    "list the services",
  )!;
  const length = new DataView(count.buffer).getUint32(0, true);
  return Array.from({ length }, (_, i) => wideAt(pointerIn(list, ENUMERATED * i)));
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

function readRegistration(service: Handle): FoundRegistration {
  const config = filled(
    (...to) => advapi32().QueryServiceConfigW(service, ...to),
    "read the service's settings",
  )!;
  const { delayed, ...others } = readOthers(service);
  return {
    commandLine: wideAt(pointerIn(config, CONFIG.commandLine)),
    account: wideAt(pointerIn(config, CONFIG.account)),
    displayName: wideAt(pointerIn(config, CONFIG.displayName)),
    start: startType(new DataView(config.buffer).getUint32(CONFIG.start, true), delayed),
    ...others,
  };
}

/** A system that does not tell whether an automatic start is delayed knows no other. */
function startType(number: number, delayed = true): StartType {
  if (number === SERVICE_DISABLED) return "disabled";
  if (number !== SERVICE_AUTO_START) return "manual";
  return delayed ? "delayed" : "automatic";
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
