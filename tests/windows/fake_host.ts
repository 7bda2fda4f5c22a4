import { ManualClock } from "../../lib/base/mod.ts";
import type { LogEntry } from "../../lib/log/mod.ts";
import { knownSid } from "../../lib/windows/account.ts";
import { WindowsError } from "../../lib/windows/ffi/errors.ts";
import type { AgentFiles } from "../../lib/windows/agent_arguments.ts";
import type { Host } from "../../lib/windows/host.ts";
import type { Safety } from "../../lib/windows/home_safety.ts";
import { readNssmSettings } from "../../lib/windows/nssm.ts";
import {
  RECOVERY,
  type Registration,
  START_TYPES,
  type StartType,
} from "../../lib/windows/registration.ts";
import {
  type QueriedStatus,
  settled,
  STATE,
  type StateNumber,
} from "../../lib/windows/service_status.ts";

/** A service of a {@linkcode FakeHost}. */
interface FakeService {
  registration: Registration;
  status: QueriedStatus;
  /** What becomes of a pending state, and when, ms of the clock. */
  next?: { status: QueriedStatus; at: number };
}

/** A Windows machine in memory; its clock moves by what is slept. */
export class FakeHost implements Host {
  /** Every call that changes something, in order. */
  readonly calls: string[] = [];
  /** The services by name. */
  readonly services = new Map<string, FakeService>();
  /** The files: what each holds. */
  readonly disk = new Map<string, string>();
  readonly clock = new SelfMovingClock();
  administrator = true;
  /** How long a service is pending after it was told to start or to stop, ms. */
  takes = 0;
  /** Which contents of an exe run; any unless told. */
  runs: (content: string | undefined) => boolean = () => true;
  /** Whether a service that is removed stays, since somebody has it open. */
  held = false;
  /** Who was trusted at that. */
  trustedWriters: readonly string[] = [];
  /** Whose files were looked at last. */
  inspected: AgentFiles | undefined;
  /** The files that cannot be removed. */
  readonly inUse = new Set<string>();
  safety: Safety = { dangers: [], above: [], unread: [], notes: [] };
  caller = "S-1-5-21-1-2-3-1000";
  /** The settings that NSSM was told, by `<service> <parameter>`. */
  readonly nssm = new Map<string, string>();
  nssmPresent = true;
  /** Whether a setting beyond the basic ones is refused. */
  broken = false;
  /** The programs that were run. */
  readonly ran = new Set<string>();
  /** The parameter that NSSM does not take. */
  nssmRefuses: string | undefined;
  /** Whether NSSM makes the service that it is told to make. */
  nssmWorks = true;
  readonly #known = { events: false };

  readonly database: Host["database"] = {
    requireAdministrator: () => {
      if (!this.administrator) throw new WindowsError(5, "open the service control manager");
    },
    names: () => [...this.services.keys()],
    find: (name) => this.services.get(name)?.registration,
    query: (name) => {
      const service = this.services.get(name);
      if (service?.next && this.clock.now() >= service.next.at) {
        service.status = service.next.status;
        delete service.next;
      }
      return service?.status;
    },
    create: (name, registration, password) => {
      this.calls.push(`create ${name}${password === undefined ? "" : " with password"}`);
      this.services.set(name, { registration, status: status(STATE.stopped) });
    },
    change: (name, registration, password) => {
      this.calls.push(`change ${name}${password === undefined ? "" : ` with '${password}'`}`);
      this.services.get(name)!.registration = registration;
    },
    complete: (name) => {
      if (this.broken) throw new WindowsError(5, `set the recovery of service '${name}'`);
      return [];
    },
    setAccount: (name, account, password) => {
      this.calls.push(`account ${account} of ${name} with '${password}'`);
      this.services.get(name)!.registration.account = account;
    },
    remove: (name) => {
      this.calls.push(`remove ${name}`);
      if (!this.held) this.services.delete(name);
    },
    start: (name) => {
      this.calls.push(`start ${name}`);
      const service = this.services.get(name)!;
      const exe = /"(.*?)"/.exec(service.registration.commandLine)?.[1] ?? "";
      this.#become(
        service,
        STATE.startPending,
        this.runs(this.disk.get(exe))
          ? status(STATE.running)
          : { ...status(STATE.stopped), exitCode: 1066, ownCode: 2 },
      );
    },
    stop: (name) => {
      this.calls.push(`stop ${name}`);
      this.#become(this.services.get(name)!, STATE.stopPending, status(STATE.stopped));
    },
  };

  readonly files: Host["files"] = {
    exists: (path) => Promise.resolve(this.disk.has(path)),
    same: (a, b) => Promise.resolve(this.disk.get(a) === this.disk.get(b)),
    rename: async (from, to) => {
      await this.files.copy(from, to);
      this.disk.delete(from);
    },
    copy: (from, to) => {
      const content = this.disk.get(from);
      if (content === undefined) return Promise.reject(new Error(`${from} is not there`));
      this.disk.set(to, content);
      return Promise.resolve();
    },
    remove: (path) => {
      if (this.inUse.has(path)) return Promise.reject(new Error("the file is in use"));
      for (const other of this.disk.keys()) {
        if (other === path || other.startsWith(`${path}\\`)) this.disk.delete(other);
      }
      return Promise.resolve();
    },
    list: (folder) => {
      const below = [...this.disk.keys()].filter((path) => path.startsWith(`${folder}\\`));
      const names = below.map((path) => path.slice(folder.length + 1).split("\\")[0]!);
      return Promise.resolve([...new Set(names)]);
    },
  };

  readonly events = {
    isKnown: () => this.#known.events,
    register: () => {
      this.calls.push("register events");
      this.#known.events = true;
    },
    remove: () => {
      this.calls.push("remove events");
      this.#known.events = false;
    },
  };

  inspect = (files: AgentFiles, _account: string, writers: readonly string[]) => {
    this.inspected = files;
    this.trustedWriters = writers;
    return this.safety;
  };
  sidOf = (account: string) => knownSid(account) ?? `S-1-5-99-${account.length}`;
  programFile = (typed: string) => this.nssmPresent ? `C:\\nssm\\${typed}` : undefined;
  isCaller = (sid: string) => sid === this.caller;
  protect = (folder: string) => void this.calls.push(`protect ${folder}`);
  grantLogon = (account: string) => void this.calls.push(`grant ${account}`);
  processes = () => [{ pid: 7, parent: 1, exe: "mmc.exe" }];
  nssmSettings = (service: string) =>
    readNssmSettings(service, (key, name) => {
      const folder = key.split("\\").at(-1)!;
      return this.nssm.get(`${service} ${name === "" ? `${folder} Default` : name}`);
    });

  /** What an exe says of its version. */
  readonly versions = new Map<string, string>();
  /** The records of logs by path. */
  readonly logs = new Map<string, LogEntry[]>();
  readLog = (path: string) => this.logs.get(path) ?? [];

  /** Runs NSSM, or an exe that is to say its version. */
  run = ([program = "", verb = "", name = "", ...rest]: readonly string[]) => {
    if (verb === "version") {
      const output = new TextEncoder().encode(this.versions.get(program) ?? "");
      return Promise.resolve({ code: 0, output });
    }
    this.ran.add(program);
    this.calls.push([verb, name, ...rest].join(" "));
    if (verb === "install" && this.nssmWorks) this.#makeUnderNssm(name, rest[0]!);
    if (verb === "set") this.#setUnderNssm(name, rest.slice(0, -1).join(" "), rest.at(-1)!);
    const code = rest[0] === this.nssmRefuses ? 5 : 0;
    return Promise.resolve({ code, output: new TextEncoder().encode("refused\r\n") });
  };

  /** Puts a service into a state, by way of a pending one where that takes a while. */
  #become(service: FakeService, pending: StateNumber, after: QueriedStatus): void {
    service.status = this.takes === 0 ? after : status(pending);
    if (this.takes > 0) service.next = { status: after, at: this.clock.now() + this.takes };
  }

  /** What NSSM does not keep itself goes into the service's registration. */
  #setUnderNssm(name: string, parameter: string, value: string): void {
    const registration = this.services.get(name)?.registration;
    this.nssm.set(`${name} ${parameter}`, value);
    if (!registration) return;
    if (parameter === "DisplayName") registration.displayName = value;
    if (parameter === "Description") registration.description = value;
    if (parameter === "ObjectName") registration.account = value;
    if (parameter === "Start") {
      const types = Object.keys(START_TYPES) as StartType[];
      registration.start = types.find((type) => START_TYPES[type].nssm === value)!;
    }
  }

  #makeUnderNssm(name: string, exe: string): void {
    this.nssm.set(`${name} Application`, exe);
    const commandLine = `"C:\\nssm\\nssm.exe"`;
    const others = { description: "", account: "LocalSystem", start: "delayed" } as const;
    const registration = { commandLine, displayName: name, recovery: RECOVERY, ...others };
    this.services.set(name, { registration, status: status(STATE.stopped) });
  }
}

function status(state: StateNumber): QueriedStatus {
  const { exitCode } = settled(state);
  return { state, exitCode, ownCode: 0, pid: state === STATE.running ? 42 : 0 };
}

/** A clock that moves as soon as somebody sleeps. */
class SelfMovingClock extends ManualClock {
  override sleep(ms: number): Promise<void> {
    return this.advance(ms);
  }
}
