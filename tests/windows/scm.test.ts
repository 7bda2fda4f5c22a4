import { assertEquals, assertThrows } from "@std/assert";
import { WindowsError } from "../../lib/windows/ffi/errors.ts";
import { dwordIn, pointerIn, wide, wideAt } from "../../lib/windows/ffi/memory.ts";
import { agentOf } from "../../lib/windows/agent_arguments.ts";
import {
  type FoundRegistration,
  type StartType,
  wantedRegistration,
} from "../../lib/windows/registration.ts";
import { serviceControlManager as scm, serviceStateReader } from "../../lib/windows/scm.ts";
import {
  behind,
  fail,
  failNull,
  fakeWindows,
  handleOf,
  leftOpen,
  put,
  putPointer,
  textOf,
} from "./fake_windows.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type Pointer = Deno.PointerValue;

/** A service in the database: `basic` is type, start type and error control, `levels` the settings beyond these. */
interface Service {
  basic: [type: number, start: number, errorControl: number];
  commandLine: string;
  account: string;
  password: string | undefined;
  displayName: string;
  levels: Map<number, Bytes>;
  /** SERVICE_STATUS_PROCESS. */
  status: number[];
}

interface Opened {
  name?: string;
  access: number;
}

// winsvc.h, winnt.h: the access that each call needs, and the structures' sizes
const CONNECT = 1, CREATE = 2, ENUMERATE = 4;
const QUERY_CONFIG = 1, CHANGE_CONFIG = 2, QUERY_STATUS = 4, START = 0x10, STOP = 0x20;
const DELETE = 0x10000;
const NO_CHANGE = 0xffffffff;
const ENUM_SERVICE_STATUS = 48, QUERY_SERVICE_CONFIG = 64;

const services = new Map<string, Service>();
/** Whether the caller is an administrator: others may look, and change nothing. */
let isAdministrator = true;
/** The services that nobody may look at. */
const hidden = new Set<string>();
/** The levels of settings that this system knows. */
let known = [1, 2, 3, 4];
/** The level whose values are refused. */
let refused: number | undefined;
/** The processes that live. */
const living = new Set<number>();
let opens = 0;
/** What the service control manager and services were opened for. */
const asked: number[] = [];

const may = (pointer: Pointer, access: number) => {
  const opened = behind<Opened>(pointer);
  return (opened.access & access) === access;
};
const serviceOf = (pointer: Pointer) => services.get(behind<Opened>(pointer).name!)!;

/** Fills a buffer if it is large enough for what is written after `size` bytes too. */
function answer(buffer: Bytes, size: number, needed: Bytes, whole: number): boolean {
  if (size === buffer.length && size >= whole) return true;
  put(needed, whole);
  fail(122);
  return false;
}

/** Writes texts behind a structure, and pointers to them into it. */
function putTexts(buffer: Bytes, size: number, texts: readonly [offset: number, text: string][]) {
  const base = Deno.UnsafePointer.of(buffer)!;
  let at = size;
  for (const [offset, text] of texts) {
    buffer.set(wide(text), at);
    putPointer(buffer, Deno.UnsafePointer.offset(base, at), offset);
    at += 2 * text.length + 2;
  }
}

fakeWindows({
  OpenSCManagerW(_: null, __: null, access: number) {
    asked.push(access);
    return !isAdministrator && (access & CREATE) !== 0
      ? failNull(5)
      : handleOf("CloseServiceHandle", { access });
  },
  OpenServiceW(manager: Pointer, bytes: Bytes, access: number) {
    opens++;
    asked.push(access);
    const name = textOf(bytes)!;
    if (!may(manager, CONNECT)) return failNull(5);
    if (!services.has(name)) return failNull(1060);
    if (hidden.has(name)) return failNull(5);
    if (!isAdministrator && (access & ~(QUERY_CONFIG | QUERY_STATUS)) !== 0) return failNull(5);
    return handleOf("CloseServiceHandle", { name, access });
  },
  CreateServiceW(
    ...[
      manager,
      bytes,
      displayName,
      ,
      type,
      start,
      errorControl,
      commandLine,
      ,
      ,
      ,
      account,
      password,
    ]: [
      ...[Pointer, Bytes, Bytes, number, number, number, number, Bytes, null, null, null],
      ...[Bytes, Bytes | null],
    ]
  ) {
    const name = textOf(bytes)!;
    if (!may(manager, CREATE)) return failNull(5);
    if (services.has(name)) return failNull(1073);
    services.set(name, {
      basic: [type, start, errorControl],
      commandLine: textOf(commandLine)!,
      account: textOf(account)!,
      password: textOf(password),
      displayName: textOf(displayName)!,
      levels: new Map(),
      status: [type, 1, 0, 1077, 0, 0, 0, 0, 0],
    });
    return handleOf("CloseServiceHandle", { name, access: 0 });
  },
  ChangeServiceConfigW(
    ...[handle, type, start, errorControl, commandLine, , , , account, password, displayName]: [
      ...[Pointer, number, number, number, Bytes | null, null, null, null],
      ...[Bytes | null, Bytes | null, Bytes | null],
    ]
  ) {
    if (!may(handle, CHANGE_CONFIG)) return fail(5);
    const service = serviceOf(handle);
    for (const [i, number] of [type, start, errorControl].entries()) {
      if (number !== NO_CHANGE) service.basic[i] = number;
    }
    service.commandLine = textOf(commandLine) ?? service.commandLine;
    service.account = textOf(account) ?? service.account;
    service.password = textOf(password) ?? service.password;
    service.displayName = textOf(displayName) ?? service.displayName;
    return 1;
  },
  ChangeServiceConfig2W(handle: Pointer, level: number, value: Bytes) {
    if (!known.includes(level)) return fail(124);
    if (level === refused) return fail(87);
    // Restarts are actions that need the right to start.
    if (!may(handle, CHANGE_CONFIG | (level === 2 ? START : 0))) return fail(5);
    serviceOf(handle).levels.set(level, value);
    return 1;
  },
  QueryServiceConfigW(handle: Pointer, buffer: Bytes, size: number, needed: Bytes) {
    if (!may(handle, QUERY_CONFIG)) return fail(5);
    const { basic, commandLine, account, displayName } = serviceOf(handle);
    const texts = [[16, commandLine], [24, ""], [40, ""], [48, account], [
      56,
      displayName,
    ]] as const;
    const whole = texts.reduce((sum, [, text]) => sum + 2 * text.length + 2, QUERY_SERVICE_CONFIG);
    if (!answer(buffer, size, needed, whole)) return 0;
    put(buffer, ...basic);
    putTexts(buffer, QUERY_SERVICE_CONFIG, texts.map(([offset, text]) => [offset, text]));
    return 1;
  },
  QueryServiceConfig2W(
    ...[handle, level, buffer, size, needed]: [Pointer, number, Bytes, number, Bytes]
  ) {
    if (!known.includes(level)) return fail(124);
    if (!may(handle, QUERY_CONFIG)) return fail(5);
    const value = serviceOf(handle).levels.get(level);
    if (!answer(buffer, size, needed, value?.length ?? 40)) return 0;
    // The pointers in it lead into the value that was set, which is kept.
    if (value) buffer.set(value);
    return 1;
  },
  QueryServiceStatusEx(
    ...[handle, level, buffer, size, needed]: [Pointer, number, Bytes, number, Bytes]
  ) {
    if (level !== 0 || !may(handle, QUERY_STATUS)) return fail(5);
    if (!answer(buffer, size, needed, 36)) return 0;
    put(buffer, ...serviceOf(handle).status);
    return 1;
  },
  EnumServicesStatusW(
    ...[manager, type, state, buffer, size, needed, count, resume]: [
      ...[Pointer, number, number, Bytes, number],
      ...[Bytes, Bytes, Bytes | null],
    ]
  ) {
    if (type !== 0x30 || state !== 3 || !may(manager, ENUMERATE)) return fail(87);
    // An enumeration goes on where the one before has ended.
    const rest = [...services.keys()].slice(resume ? dwordIn(resume) : 0);
    const bytes = (name: string) => ENUM_SERVICE_STATUS + 2 * name.length + 2;
    const fits: string[] = [];
    let used = 0;
    for (const name of rest) {
      if (used + bytes(name) > size) break;
      used += bytes(name);
      fits.push(name);
    }
    putTexts(
      buffer,
      ENUM_SERVICE_STATUS * fits.length,
      fits.map((name, i) => [ENUM_SERVICE_STATUS * i, name]),
    );
    put(count, fits.length);
    const isAll = fits.length === rest.length;
    if (resume) put(resume, isAll ? 0 : services.size - rest.length + fits.length);
    put(needed, rest.slice(fits.length).reduce((sum, name) => sum + bytes(name), 0));
    return isAll ? 1 : fail(234);
  },
  StartServiceW(handle: Pointer, count: number, args: null) {
    if (!may(handle, START) || count !== 0 || args !== null) return fail(5);
    const { status } = serviceOf(handle);
    if (status[1] === 4) return fail(1056);
    status.splice(1, 7, 4, 0, 0, 0, 0, 0, 42);
    return 1;
  },
  ControlService(handle: Pointer, control: number, status: Bytes) {
    if (control !== 1 || status.length < 28 || !may(handle, STOP)) return fail(5);
    const service = serviceOf(handle);
    if (service.status[1] !== 4) return fail(1062);
    service.status.splice(1, 7, 1, 0, 0, 0, 0, 0, 0);
    return 1;
  },
  DeleteService: (handle: Pointer) =>
    may(handle, DELETE) && services.delete(behind<Opened>(handle).name!) ? 1 : fail(5),
  OpenProcess: (access: number, inherits: number, pid: number) =>
    access === 0x100000 && inherits === 0 && living.has(pid)
      ? handleOf("CloseHandle", pid)
      : failNull(87),
  WaitForSingleObject: (process: Pointer, ms: number) =>
    ms === 0 && living.has(behind<number>(process)) ? 258 : 0,
});

const EXE = "C:\\Program Files\\icinga-warden\\icinga-warden.exe";
const agent = agentOf(EXE, { home: `D:\\${"ä".repeat(2_000)}` });
const wanted = (start: StartType, account = "DOM\\bob") =>
  wantedRegistration("w", agent, { start, account });

/** A case on a machine that has these services, none unless told; no handle stays open. */
function scmTest(name: string, test: () => void): void {
  Deno.test(name, () => {
    for (const names of [services, hidden]) names.clear();
    [isAdministrator, known, refused] = [true, [1, 2, 3, 4], undefined];
    test();
    assertEquals(leftOpen(), []);
  });
}

function add(name: string): Service {
  scm.create(name, wanted("manual", "LocalSystem"));
  return services.get(name)!;
}

for (
  const [start, number] of [["automatic", 2], ["delayed", 2], ["manual", 3], [
    "disabled",
    4,
  ]] as const
) {
  scmTest(`what is registered is found again: ${start}`, () => {
    scm.create("w", wanted(start), "geheim");
    assertEquals(scm.complete("w", wanted(start)), []);
    assertEquals<FoundRegistration | undefined>(scm.find("w"), wanted(start));
    // A process of its own that starts so, whose failure Windows writes down.
    assertEquals(services.get("w")!.basic, [0x10, number, 1]);
    assertEquals(services.get("w")!.password, "geheim");
  });
}

scmTest("recovery and description are Windows' own structures", () => {
  scm.create("w", wanted("delayed"));
  scm.complete("w", wanted("delayed"));
  const { levels } = services.get("w")!;
  assertEquals(wideAt(pointerIn(levels.get(1)!)), wanted("delayed").description);
  const actions = levels.get(2)!;
  assertEquals([dwordIn(actions), dwordIn(actions, 24)], [86_400, 3]);
  const list = new Deno.UnsafePointerView(pointerIn(actions, 32)!);
  const numbers = Array.from({ length: 6 }, (_, i) => list.getUint32(4 * i));
  assertEquals(numbers, [1, 5_000, 1, 30_000, 1, 60_000], "each: restart, after how many ms");
  assertEquals([dwordIn(levels.get(3)!), dwordIn(levels.get(4)!)], [1, 1]);
});

scmTest("an action that is no restart does not count as one, and no list is none", () => {
  const { levels } = add("w");
  assertEquals(scm.find("w")?.recovery, { restartAfter: [], resetAfter: 0, onErrors: false });
  scm.complete("w", wanted("manual"));
  const list = pointerIn(levels.get(2)!, 32)!;
  new Uint32Array(Deno.UnsafePointerView.getArrayBuffer(list, 24))[2] = 2;
  assertEquals(scm.find("w")?.recovery?.restartAfter, [5_000, 60_000]);
});

scmTest("a setting that Windows refuses is an error that names it", () => {
  add("w");
  refused = 2;
  const complete = () => scm.complete("w", wanted("manual"));
  assertThrows(complete, WindowsError, "Cannot set the service's recovery actions: Windows does");
});

scmTest("a registration is changed; a new account changes nothing but the account", () => {
  const service = add("w");
  scm.change("w", { ...wanted("disabled"), displayName: "Other ä" }, "geheim");
  const { displayName, account, start, commandLine } = scm.find("w")!;
  assertEquals([displayName, account, start], ["Other ä", "DOM\\bob", "disabled"]);
  scm.setAccount("w", ".\\ann", "secret");
  const { account: newAccount, ...others } = scm.find("w")!;
  assertEquals([newAccount, service.password, service.basic], [".\\ann", "secret", [0x10, 4, 1]]);
  assertEquals([others.displayName, others.commandLine], ["Other ä", commandLine]);
});

scmTest("all services are listed, however many there are", () => {
  for (let i = 0; i < 100; i++) add(`service ${i}`);
  assertEquals(scm.names(), [...services.keys()]);
  services.clear();
  assertEquals(scm.names(), []);
});

scmTest("a service is started, queried, stopped and removed", () => {
  add("w");
  const NONE = { exitCode: 0, ownCode: 0 };
  assertEquals(scm.query("w"), { state: 1, pid: 0, exitCode: 1077, ownCode: 0 });
  scm.start("w");
  assertEquals(scm.query("w"), { state: 4, pid: 42, ...NONE });
  assertThrows(
    () => scm.start("w"),
    WindowsError,
    "Cannot start service 'w': it is running already",
  );
  scm.stop("w");
  services.get("w")!.status = [0x20, 1, 0, 1066, 7, 0, 0, 0, 0];
  assertEquals(scm.query("w"), {
    ...{ state: 1, pid: 0, exitCode: 1066, ownCode: 7 },
    sharesProcess: true,
  });
  assertThrows(() => scm.stop("w"), WindowsError, "Cannot stop service 'w': it is not started");
  scm.remove("w");
  assertEquals([scm.query("w"), scm.find("w")], [undefined, undefined]);
});

scmTest("what is asked of a service that is not installed names it", () => {
  for (const act of ["start", "stop", "remove"] as const) {
    assertThrows(() => scm[act]("w"), WindowsError, "Cannot open service 'w': the service is not ");
  }
  add("w");
  const again = () => scm.create("w", wanted("manual"));
  assertThrows(again, WindowsError, "Cannot create service 'w': a service of this name is already");
});

scmTest("no call asks for more rights than it needs: a service's list may grant just these", () => {
  add("w");
  const registration = wanted("manual");
  const calls: [call: () => unknown, rights: number[]][] = [
    [() => scm.requireAdministrator(), [CONNECT | CREATE]],
    [() => scm.create("x", registration), [CONNECT | CREATE]],
    [() => scm.names(), [CONNECT | ENUMERATE]],
    [() => scm.find("w"), [CONNECT, QUERY_CONFIG]],
    [() => scm.query("w"), [CONNECT, QUERY_STATUS]],
    [() => scm.change("w", registration), [CONNECT, CHANGE_CONFIG]],
    [() => scm.setAccount("w", "a", "b"), [CONNECT, CHANGE_CONFIG]],
    [() => scm.complete("w", registration), [CONNECT, CHANGE_CONFIG | START]],
    [() => scm.start("w"), [CONNECT, START]],
    [() => scm.stop("w"), [CONNECT, STOP]],
    [() => scm.remove("w"), [CONNECT, DELETE]],
  ];
  for (const [call, rights] of calls) {
    asked.length = 0;
    call();
    assertEquals(asked, rights, String(call));
  }
});

scmTest("a service that may not be looked at is an error, not one that is not installed", () => {
  add("w");
  hidden.add("w");
  for (const ask of [() => scm.find("w"), () => scm.query("w"), () => serviceStateReader()("w")]) {
    assertThrows(ask, WindowsError, "Cannot open service 'w': ");
  }
});

scmTest(
  "without the rights of an administrator services are looked at, and nothing is changed",
  () => {
    scm.requireAdministrator();
    add("w");
    isAdministrator = false;
    assertEquals([scm.find("w")?.account, scm.query("w")?.state], ["LocalSystem", 1]);
    assertEquals(scm.names(), ["w"]);
    const refused = [
      () => scm.requireAdministrator(),
      () => scm.create("x", wanted("manual")),
      () => scm.change("w", wanted("manual")),
      () => scm.complete("w", wanted("manual")),
      () => scm.setAccount("w", "a", "b"),
      ...(["start", "stop", "remove"] as const).map((act) => () => scm[act]("w")),
    ];
    for (const call of refused) {
      assertThrows(
        call,
        WindowsError,
        "open the console as administrator",
      );
    }
  },
);

scmTest("an old Windows has no delayed start and no recovery after errors, which is told", () => {
  known = [1, 2];
  scm.create("w", wanted("delayed"));
  assertEquals(scm.complete("w", wanted("delayed")), ["delayed start", "recovery after errors"]);
  const { recovery, start, description } = scm.find("w")!;
  assertEquals([recovery, start], [undefined, "delayed"]);
  assertEquals(description, wanted("delayed").description);
  known = [];
  assertEquals(scm.complete("w", wanted("delayed")).length, 4);
  assertEquals(scm.find("w")?.description, undefined);
});

scmTest("a service that runs is asked again only once its process has ended", () => {
  add("w");
  const read = serviceStateReader();
  scm.start("w");
  living.add(42);
  opens = 0;
  assertEquals([read("w"), read("w"), read("w"), opens], [4, 4, 4, 1]);
  living.delete(42);
  scm.stop("w");
  opens = 0;
  assertEquals([read("w"), read("w"), opens], [1, 1, 2]);
  assertEquals([read("none"), leftOpen()], [undefined, []]);
});

scmTest(
  "a service that shares its process, or whose process may not be opened, is asked each time",
  () => {
    const { status } = add("w");
    const read = serviceStateReader();
    scm.start("w");
    opens = 0;
    assertEquals([read("w"), read("w"), opens], [4, 4, 2]);
    status[0] = 0x20;
    living.add(42);
    assertEquals([read("w"), read("w"), opens], [4, 4, 4]);
    living.delete(42);
  },
);
