import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readNssmOutput, splitCommandLine } from "../../lib/windows/mod.ts";
import { eventXml } from "../icinga/events.ts";
import { tellSkipped } from "../skipped.ts";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const EXE = Deno.env.get("ICINGA_WARDEN_EXE") ?? here("../../dist/icinga-warden.exe");
const BED = Deno.env.get("ICINGA_WARDEN_BED") ??
  join(Deno.env.get("XDG_CACHE_HOME") ?? "/var/cache", "icinga-warden-bed");

/** What a command has done. On Wine its exit code is known modulo 256 only. */
export interface Ended {
  code: number;
  output: string;
}

/** A Windows machine: this one, or Wine in a chroot. */
interface System {
  /** Where this process finds the folder that holds the test programs and the tests' own folders. */
  root: string;
  /** The same folder as Windows programs name it. */
  windowsRoot: string;
  /** Where this process finds the drive C. */
  drive: string;
  /** The command that runs a Windows program in a folder of {@linkcode root}. */
  command(folder: string, program: string, args: string[]): Deno.Command;
}

const onWine: System = {
  root: join(BED, "bed"),
  windowsRoot: "Z:\\bed",
  drive: join(BED, "bed", "prefix", "drive_c"),
  command: (folder, program, args) =>
    new Deno.Command(join(BED, "enter"), {
      args: [join("/bed", folder), "wine", program, ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }),
};

const onWindows: System = {
  root: here("../../dist/windows"),
  windowsRoot: here("../../dist/windows"),
  drive: "C:\\",
  command: (folder, program, args) =>
    new Deno.Command(program, {
      args,
      cwd: join(onWindows.root, folder),
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }),
};

const system = Deno.build.os === "windows" ? onWindows : onWine;

/** Why nothing can be tested here; undefined when it can. */
const missing = !exists(EXE)
  ? `${EXE} is not there; make it with ./compile.sh windows`
  : !exists(join(system.root, "bin", "console.exe"))
  ? Deno.build.os === "windows"
    ? `${system.root}\\bin lacks console.exe and standin.exe; compile them as their sources say`
    : `there is no test bed at ${BED}; make one with tests/wine/bed.sh, as root`
  : undefined;

/**
 * A case on a Windows machine; without one it is skipped, and says why.
 *
 * @param program of tests/wine/programs, NSSM, or an MSI, which the case needs.
 */
export function testWindows(
  name: string,
  test: (windows: Windows) => Promise<void>,
  program?: string,
): void {
  const lacking = missing ?? (program === undefined ? undefined : missingProgram(program));
  if (lacking) tellSkipped(`on Windows ${name}`, lacking);
  Deno.test({
    name: `on Windows ${name}`,
    ignore: lacking !== undefined,
    fn: () => inSession(test),
  });
}

/** A case that only Windows itself can settle; elsewhere it is skipped, and says so. */
export function testRealWindows(name: string, test: (windows: Windows) => Promise<void>): void {
  if (system === onWindows) return testWindows(name, test);
  // deno-lint-ignore no-console
  console.log(`SKIPPED: on Windows ${name}: Wine cannot settle it`);
  Deno.test({ name: `on Windows ${name}`, ignore: true, fn: () => {} });
}

const programFile = (program: string) =>
  program === "nssm"
    ? join(system.root, "bin", "nssm.exe")
    : here(`../../dist/windows/${program.includes(".") ? program : `${program}.exe`}`);

function missingProgram(program: string): string | undefined {
  const file = programFile(program);
  const script = program === "nssm"
    ? `nssm.sh ${dirname(file)}`
    : program.endsWith(".msi")
    ? "msi.sh"
    : "compile.sh";
  return exists(file) ? undefined : `${file} is not there; make it with tests/wine/${script}`;
}

/** One process keeps Wine's session, and with it the services, alive as long as a case runs. */
async function inSession(test: (windows: Windows) => Promise<void>): Promise<void> {
  await endSession();
  const keeper = system.command("", "ping.exe", ["-n", "600", "127.0.0.1"]).spawn();
  const windows = new Windows();
  try {
    await test(windows);
  } finally {
    await windows.clean();
    keeper.kill("SIGKILL");
    await keeper.stdout.cancel();
    await keeper.status;
    await endSession();
  }
}

/**
 * Ends Wine's session with all that is left in it: a single program that stays, such as the `sc.exe` of an agent that was
 * killed, would keep it for all cases that follow, and a session whose drivers hang fails each of them.
 */
async function endSession(): Promise<void> {
  if (system !== onWine) return;
  const end = "wineserver -k; exec timeout 20 wineserver -w";
  await new Deno.Command(join(BED, "enter"), {
    args: ["/bed", "sh", "-c", end],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
}

/** Whether Windows itself is tested, and not Wine. */
export const isRealWindows = system === onWindows;

/** What a case has to do with a Windows machine. */
export class Windows {
  readonly #services: string[] = [];
  readonly #agents: Agent[] = [];
  readonly #undo: (() => Promise<unknown>)[] = [];
  #homes = 0;
  readonly #folder = `runs/${crypto.randomUUID()}`;

  /** Runs a program of Windows to its end, 3 min at most. */
  run(program: string, ...args: string[]): Promise<Ended> {
    return runToEnd(system.command("", program, args));
  }

  /** The path of NSSM, as Windows names it. */
  readonly nssm = `${system.windowsRoot}\\bin\\nssm.exe`;

  /** Calls NSSM, which must succeed, and returns what it prints. */
  async callNssm(...args: string[]): Promise<string> {
    const { code, stdout } = await system.command("", this.nssm, args).output();
    if (code !== 0) throw new Error(`nssm ${args.join(" ")} ended with ${code}`);
    return readNssmOutput(stdout);
  }

  /** The parameters that NSSM has for a service and that are not its defaults. */
  async nssmSettings(service: string): Promise<Record<string, string>> {
    const lines = (await this.callNssm("dump", service)).split("\r\n");
    const words = lines.map((line) => splitCommandLine(line).slice(1));
    return Object.fromEntries(
      words.map(([verb, , ...rest]) =>
        verb === "install" ? ["Application", rest[0]!] : [rest.slice(0, -1).join(" "), rest.at(-1)!]
      ),
    );
  }

  /** The events that the exe of a home has written when it has run: their types and numbers, in no order. */
  async events({ folder }: Home): Promise<{ type: number; id: number }[]> {
    if (system === onWindows) return await this.#readEvents(folder);
    // Wine has no event log, and says on standard error what it was called for.
    const { stderr } = await new Deno.Command(join(BED, "enter"), {
      args: [join("/bed", folder), "env", "WINEDEBUG=fixme+advapi", "wine", "icinga-warden.exe"],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    const calls = /ReportEventW \(\w+,0x(\w+),0x0000,0x(\w+),/g;
    return [...new TextDecoder().decode(stderr).matchAll(calls)]
      .map(([, type, id]) => ({ type: parseInt(type!, 16), id: parseInt(id!, 16) }));
  }

  async #readEvents(folder: string): Promise<{ type: number; id: number }[]> {
    const since = new Date().toISOString();
    await runToEnd(system.command(folder, "icinga-warden.exe", []));
    const query =
      `*[System[Provider[@Name='icinga-warden'] and TimeCreated[@SystemTime>='${since}']]]`;
    const { output } = await this.run("wevtutil.exe", "qe", "Application", `/q:${query}`, "/f:xml");
    const levels = /<EventID[^>]*>(\d+)<.*?<Level>(\d)</gs;
    // A level of 2 is an error and 3 a warning, which are 1 and 2 where they are written.
    return [...output.matchAll(levels)].map(([, id, level]) => (
      { type: Number(level) - 1, id: Number(id) }
    ));
  }

  /**
   * Puts a record into the event log as Icinga 2 does, and returns what it was asked for, under Wine, which has no event
   * log: a stand-in for `wevtutil.exe` prints the record until the case ends.
   */
  async icingaLogs(text: string): Promise<() => Promise<string | undefined>> {
    if (system === onWindows) {
      const options = ["/L", "APPLICATION", "/T", "ERROR", "/ID", "1", "/D", text];
      const { code, output } = await this.run("eventcreate.exe", ...options, "/SO", "Icinga 2");
      if (code !== 0) throw new Error(`eventcreate.exe ended with ${code}: ${output}`);
      const key = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\Icinga 2";
      this.#undo.push(() => this.run("reg.exe", "delete", key, "/f"));
      return () => Promise.resolve(undefined);
    }
    const [output, asked] = ["wevtutil.xml", "wevtutil.txt"].map((name) =>
      join(system.drive, name)
    );
    const program = join(system.drive, "windows", "system32", "wevtutil.exe");
    const own = await Deno.readFile(program);
    const overrides = "HKCU\\Software\\Wine\\DllOverrides";
    this.#undo.push(async () => {
      await Deno.writeFile(program, own);
      await this.run("reg.exe", "delete", overrides, "/v", "wevtutil.exe", "/f");
      await Promise.all([output!, asked!].map((path) => Deno.remove(path).catch(() => {})));
    });
    await Deno.copyFile(join(system.root, "bin", "wevtutil.exe"), program);
    await this.run("reg.exe", "add", overrides, "/v", "wevtutil.exe", "/d", "native", "/f");
    const units = Uint16Array.from(eventXml(Date.now(), text), (unit) => unit.charCodeAt(0));
    await Deno.writeFile(output!, new Uint8Array(units.buffer));
    return () => Deno.readTextFile(asked!);
  }

  /** Installs the stand-in under a name and starts it. */
  async install(service: string): Promise<void> {
    await this.register(service, `${system.windowsRoot}\\bin\\standin.exe`);
    await this.#insist(
      `${service} runs`,
      () => this.run("net.exe", "start", service),
      async () => await this.state(service) === 4,
    );
  }

  /** Calls Windows Installer for an MSI of tests/wine/msi.sh, as in a batch file, and returns its exit code. */
  async msiexec(verb: "/i" | "/x", msi: string, properties = ""): Promise<number> {
    const at = join(system.root, this.#folder);
    await Deno.mkdir(at, { recursive: true });
    await Deno.copyFile(programFile(msi), join(at, basename(msi)));
    const line = `msiexec ${verb} ${basename(msi)} /qn ${properties}`;
    await Deno.writeTextFile(join(at, "msi.cmd"), `@${line}\r\n@exit %errorlevel%\r\n`);
    const command = system.command(this.#folder, "cmd.exe", ["/d", "/c", "msi.cmd"]);
    return (await runToEnd(command, 300_000)).code;
  }

  /** Where an MSI installs to. */
  installed(): Home {
    return new Home("Program Files/icinga-warden", system.drive, "C:");
  }

  /** The number of a service's state (4 is RUNNING); undefined when it is not installed. */
  async state(service: string): Promise<number | undefined> {
    const { output } = await this.run("sc.exe", "query", service);
    const state = /STATE\s*:\s*(\d)/.exec(output)?.[1];
    return state === undefined ? undefined : Number(state);
  }

  /** Asks the stand-in for a fault: see standin.c. */
  async fault(service: string, fault: string): Promise<void> {
    await Deno.writeTextFile(faultFile(service, fault), "");
  }

  /** Ends a fault. */
  async repair(service: string, fault: string): Promise<void> {
    await Deno.remove(faultFile(service, fault)).catch(() => {});
  }

  /** Lays out a home of its own, which holds the exe, or `program` under its name, and `files`. */
  async home(
    files: Record<string, string> = {},
    name = "home",
    program?: string,
  ): Promise<Home> {
    const home = new Home(`${this.#folder}/${this.#homes++}/${name}`);
    const exe = program === undefined ? EXE : programFile(program);
    await Deno.mkdir(home.outside, { recursive: true });
    await Deno.copyFile(exe, join(home.outside, "icinga-warden.exe"));
    for (const [name, text] of Object.entries(files)) await home.write(name, text);
    return home;
  }

  /** Starts the agent in a console of its own, in a home that holds the exe and `files`. */
  async agent(args: string[], files: Record<string, string> = {}, home = "home"): Promise<Agent> {
    return this.agentIn(await this.home(files, home), args);
  }

  /** Starts the agent in a console of its own, in a home that is there. */
  agentIn({ folder }: Home, args: string[]): Agent {
    const console = `${system.windowsRoot}\\bin\\console.exe`;
    const child = system.command(folder, console, ["600", "icinga-warden.exe", ...args]).spawn();
    const agent = new Agent(folder, child);
    this.#agents.push(agent);
    return agent;
  }

  /**
   * Registers a command line as a service that is started by hand; removed when the case ends. One that a run of the tests
   * has left, since it was killed, gives way.
   */
  async register(service: string, commandLine: string): Promise<void> {
    this.owns(service);
    const options = ["binPath=", commandLine, "start=", "demand"];
    await this.#insist(
      `${service} is registered`,
      async () => {
        await this.run("sc.exe", "delete", service);
        return await this.run("sc.exe", "create", service, ...options);
      },
      ({ code }) => code === 0,
    );
  }

  /** Runs a program until it has done its work: Wine's service manager of the case before may be about to end. */
  async #insist(
    what: string,
    run: () => Promise<Ended>,
    isDone: (ended: Ended) => boolean | Promise<boolean>,
  ): Promise<void> {
    let ended: Ended | undefined;
    await until(
      what,
      async () => await isDone(ended = await run()),
      () => Promise.resolve(`the last time it ended with ${ended?.code}: ${ended?.output}`),
    );
  }

  /** Keeps a service open for 5 s; resolves once it is, with a promise of the end. */
  async hold(service: string): Promise<{ released: Promise<unknown> }> {
    const child = system.command("", `${system.windowsRoot}\\bin\\control.exe`, [service, "hold"])
      .spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    reader.releaseLock();
    return { released: child.output() };
  }

  /** Holds a file of a home, so that it can be neither renamed nor removed; returns what lets it go: see hold.c. */
  holdFile(home: Home, file: string): Promise<() => Promise<void>> {
    return this.#hold(home, `${home.inside}\\${file.replaceAll("/", "\\")}`);
  }

  /** The same; nobody else may even open it. */
  holdFileAlone(home: Home, file: string): Promise<() => Promise<void>> {
    return this.#hold(home, `alone:${home.inside}\\${file}`);
  }

  /** Holds a mutex as {@linkcode holdFile} does a file. */
  holdMutex(home: Home, name: string): Promise<() => Promise<void>> {
    return this.#hold(home, `mutex:${name}`);
  }

  async #hold(home: Home, path: string): Promise<() => Promise<void>> {
    const program = `${system.windowsRoot}\\bin\\hold.exe`;
    const child = system.command("", program, [path, `${home.inside}\\release`]).spawn();
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    reader.releaseLock();
    if (!value) throw new Error(`hold.exe cannot hold ${path}`);
    return async () => {
      await home.write("release", "");
      await child.output();
    };
  }

  /** Names a service that is to be removed when the case ends. */
  owns(service: string): void {
    this.#services.push(service);
  }

  /** Sends a service a control, 0 for none, and says how it stands after that; see control.c. */
  async control(service: string, control: number): Promise<ServiceStatus> {
    const program = `${system.windowsRoot}\\bin\\control.exe`;
    const { output } = await this.run(program, service, String(control));
    const [error, state, accepts, exitCode, ownCode, checkpoint, waitHint, took] = output.trim()
      .split(" ").map(Number) as [number, number, number, number, number, number, number, number];
    return { error, state, accepts, exitCode, ownCode, checkpoint, waitHint, took };
  }

  /** The process ids of agents that are there. */
  async processes(): Promise<string[]> {
    const { output } = await this.run("tasklist.exe", "/fo", "csv");
    return output.split(/\r?\n/).filter((line) => /icinga-warden\.exe/i.test(line));
  }

  /** Stops and removes a service: one that stayed would be another agent for the cases that follow. */
  async #remove(service: string): Promise<void> {
    await this.#insist(
      `${service} is removed`,
      async () => {
        await this.run("net.exe", "stop", service);
        return await this.run("sc.exe", "delete", service);
      },
      async () => await this.state(service) === undefined,
    );
  }

  /** Ends what a case has left: its agents, services and files. */
  async clean(): Promise<void> {
    for (const agent of this.#agents) await agent.kill();
    for (const undo of this.#undo) await undo();
    for (const service of this.#services) {
      for (const fault of ["crash", "pause", "stay", "broken", "slow", "hang"]) {
        await this.repair(service, fault);
      }
      await this.#remove(service);
    }
    await Deno.remove(join(system.root, this.#folder), { recursive: true }).catch(() => {});
  }
}

/** How a service is: Windows' `SERVICE_STATUS`. */
export interface ServiceStatus {
  /** Windows' error code for the control; 0 when it was taken. */
  error: number;
  state: number;
  accepts: number;
  exitCode: number;
  /** The service's own exit code, where `exitCode` is 1066. */
  ownCode: number;
  checkpoint: number;
  /** ms */
  waitHint: number;
  /** How long the service took to answer, ms. */
  took: number;
}

/** A home folder with the exe in it. */
export class Home {
  /** `folder` is below the root of the {@linkcode System}, unless another is named. */
  constructor(
    readonly folder: string,
    readonly root = system.root,
    readonly windowsRoot = system.windowsRoot,
  ) {}

  /** The folder as this process names it. */
  get outside(): string {
    return join(this.root, this.folder);
  }

  /** The folder as Windows names it. */
  get inside(): string {
    return `${this.windowsRoot}\\${this.folder.replaceAll("/", "\\")}`;
  }

  /** Runs the exe to its end, 3 min at most, without a console. */
  warden(...args: string[]): Promise<Ended> {
    const isOfTests = this.root === system.root;
    const exe = isOfTests ? "icinga-warden.exe" : `${this.inside}\\icinga-warden.exe`;
    return runToEnd(system.command(isOfTests ? this.folder : "", exe, args));
  }

  /** Runs lines as if they were pasted into `cmd` in this folder, ASCII alone, and returns what is printed. */
  async paste(...lines: string[]): Promise<string> {
    await this.write("paste.txt", lines.map((line) => `${line}\r\n`).join(""));
    const paste = ["/q", "/c", "cmd.exe", "/q", "<", "paste.txt"];
    const { output } = await runToEnd(system.command(this.folder, "cmd.exe", paste));
    await Deno.remove(join(this.outside, "paste.txt"));
    return output;
  }

  /** What is in its log file. */
  log(): Promise<string> {
    return this.read("logs/icinga-warden.log");
  }

  /** A file in it; empty when it is not there. */
  read(file: string): Promise<string> {
    return Deno.readTextFile(join(this.outside, file)).catch(() => "");
  }

  /** Writes a file into it. */
  async write(file: string, text: string): Promise<void> {
    await Deno.mkdir(dirname(join(this.outside, file)), { recursive: true });
    await Deno.writeTextFile(join(this.outside, file), text);
  }

  /** Adds to a file in it. */
  append(file: string, text: string): Promise<void> {
    return Deno.writeTextFile(join(this.outside, file), text, { append: true });
  }

  /** The bytes of a file in it. */
  async size(file: string): Promise<number> {
    return (await Deno.stat(join(this.outside, file))).size;
  }

  /** What lies in it, or in a folder of it, sorted. */
  async files(folder = "."): Promise<string[]> {
    return (await Array.fromAsync(Deno.readDir(join(this.outside, folder)))).map(({ name }) => name)
      .sort();
  }

  /** Lets everyone write into a folder in it, itself unless told: on Wine access lists are Unix' modes. */
  async openToEveryone(folder = "."): Promise<void> {
    if (system === onWine) return await Deno.chmod(join(this.outside, folder), 0o777);
    await runToEnd(
      system.command(this.folder, "icacls.exe", [folder, "/grant", "*S-1-1-0:(OI)(CI)M"]),
    );
  }

  /** Waits until its log matches, 2 min at most, and returns the log. */
  async logged(pattern: RegExp): Promise<string> {
    await until(`logged ${pattern}`, async () => pattern.test(await this.log()), () => this.log());
    return await this.log();
  }
}

/** An agent in a console of its own: see console.c. */
export class Agent extends Home {
  readonly #child: Deno.ChildProcess;

  /** `folder` is its home. */
  constructor(folder: string, child: Deno.ChildProcess) {
    super(folder);
    this.#child = child;
  }

  /** What it has printed on standard output. */
  stdout(): Promise<string> {
    return this.read("stdout");
  }

  /** What it has printed on standard error. */
  stderr(): Promise<string> {
    return this.read("stderr");
  }

  /** Presses Ctrl+C or Ctrl+Break on its console. */
  async press(key: "ctrl-c" | "ctrl-break"): Promise<void> {
    const file = join(this.outside, key);
    await Deno.writeTextFile(file, "");
    await until(`${key} was pressed`, () => Promise.resolve(!exists(file)));
  }

  /** Its exit code, in full, once it has ended. */
  async ended(): Promise<number> {
    await this.#child.stdout.cancel();
    await this.#child.status;
    return Number(await this.read("exit"));
  }

  /** Ends it, if it has not ended yet. */
  async kill(): Promise<void> {
    if (!exists(join(this.outside, "exit"))) {
      await Deno.writeTextFile(join(this.outside, "kill"), "");
    }
    if (!this.#child.stdout.locked) await this.#child.stdout.cancel().catch(() => {});
    await this.#child.status;
  }
}

async function runToEnd(command: Deno.Command, within = 180_000): Promise<Ended> {
  const child = command.spawn();
  const limit = setTimeout(() => child.kill("SIGKILL"), within);
  const { code, stdout } = await child.output();
  clearTimeout(limit);
  return { code, output: new TextDecoder().decode(stdout) };
}

/** Waits until something holds, 2 min at most. */
export async function until(
  what: string,
  holds: () => Promise<boolean>,
  detail: () => Promise<string> = () => Promise.resolve(""),
): Promise<void> {
  for (const end = Date.now() + 120_000; !(await holds());) {
    if (Date.now() > end) throw new Error(`Not within 2 min: ${what}\n${await detail()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function faultFile(service: string, fault: string): string {
  return join(system.root, "bin", `${service}.${fault}`);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
