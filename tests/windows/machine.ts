import { join } from "node:path";
import { fileURLToPath } from "node:url";

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
  /** The command that runs a Windows program in a folder of {@linkcode root}. */
  command(folder: string, program: string, args: string[]): Deno.Command;
}

const onWine: System = {
  root: join(BED, "bed"),
  windowsRoot: "Z:\\bed",
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
    : `there is no test bed at ${BED}; make one with tests/windows/bed.sh, as root`
  : undefined;

/** A case on a Windows machine; without one it is skipped, and says why. */
export function testWindows(name: string, test: (windows: Windows) => Promise<void>): void {
  // deno-lint-ignore no-console
  if (missing) console.log(`SKIPPED: on Windows ${name}: ${missing}`);
  Deno.test({
    name: `on Windows ${name}`,
    ignore: missing !== undefined,
    fn: () => inSession(test),
  });
}

/** One process keeps Wine's session, and with it the services, alive as long as a case runs. */
async function inSession(test: (windows: Windows) => Promise<void>): Promise<void> {
  const keeper = system.command("", "ping.exe", ["-n", "600", "127.0.0.1"]).spawn();
  const windows = new Windows();
  try {
    await test(windows);
  } finally {
    await windows.clean();
    keeper.kill("SIGKILL");
    await keeper.stdout.cancel();
    await keeper.status;
  }
}

/** What a case has to do with a Windows machine. */
export class Windows {
  readonly #services: string[] = [];
  readonly #agents: Agent[] = [];
  readonly #folder = `runs/${crypto.randomUUID()}`;

  /** Runs a program of Windows to its end, 60 s at most. */
  async run(program: string, ...args: string[]): Promise<Ended> {
    const child = system.command("", program, args).spawn();
    const limit = setTimeout(() => child.kill("SIGKILL"), 60_000);
    const { code, stdout } = await child.output();
    clearTimeout(limit);
    return { code, output: new TextDecoder().decode(stdout) };
  }

  /** Installs the stand-in under a name and starts it. */
  async install(service: string): Promise<void> {
    const binary = `${system.windowsRoot}\\bin\\standin.exe`;
    await this.run("sc.exe", "create", service, "binPath=", binary, "start=", "demand");
    this.#services.push(service);
    await this.run("net.exe", "start", service);
    await until(`${service} runs`, async () => await this.state(service) === 4);
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

  /** Starts the agent in a home of its own, which holds the exe and `files`. */
  async agent(args: string[], files: Record<string, string> = {}, home = "home"): Promise<Agent> {
    const folder = `${this.#folder}/${this.#agents.length}/${home}`;
    const outside = join(system.root, folder);
    await Deno.mkdir(outside, { recursive: true });
    await Deno.copyFile(EXE, join(outside, "icinga-warden.exe"));
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(outside, name), text);
    }
    const console = `${system.windowsRoot}\\bin\\console.exe`;
    const child = system.command(folder, console, ["100", "icinga-warden.exe", ...args]).spawn();
    const agent = new Agent(outside, child);
    this.#agents.push(agent);
    return agent;
  }

  /** The process ids of agents that are there. */
  async processes(): Promise<string[]> {
    const { output } = await this.run("tasklist.exe", "/fo", "csv");
    return output.split(/\r?\n/).filter((line) => /icinga-warden\.exe/i.test(line));
  }

  /** Ends what a case has left: its agents, services and files. */
  async clean(): Promise<void> {
    for (const agent of this.#agents) await agent.kill();
    for (const service of this.#services) {
      for (const fault of ["crash", "pause", "broken", "slow", "hang"]) {
        await this.repair(service, fault);
      }
      await this.run("net.exe", "stop", service);
      await this.run("sc.exe", "delete", service);
    }
    await Deno.remove(join(system.root, this.#folder), { recursive: true }).catch(() => {});
  }
}

/** An agent in a console of its own: see console.c. */
export class Agent {
  readonly #home: string;
  readonly #child: Deno.ChildProcess;

  /** `home` as this process names it. */
  constructor(home: string, child: Deno.ChildProcess) {
    this.#home = home;
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

  /** What is in its log file. */
  log(): Promise<string> {
    return this.read("logs/icinga-warden.log");
  }

  /** A file of its home; empty when it is not there. */
  read(file: string): Promise<string> {
    return Deno.readTextFile(join(this.#home, file)).catch(() => "");
  }

  /** Waits until its log matches, 40 s at most, and returns the log. */
  async logged(pattern: RegExp): Promise<string> {
    await until(`logged ${pattern}`, async () => pattern.test(await this.log()), () => this.log());
    return await this.log();
  }

  /** Presses Ctrl+C or Ctrl+Break on its console. */
  async press(key: "ctrl-c" | "ctrl-break"): Promise<void> {
    const file = join(this.#home, key);
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
    if (!exists(join(this.#home, "exit"))) await Deno.writeTextFile(join(this.#home, "kill"), "");
    if (!this.#child.stdout.locked) await this.#child.stdout.cancel().catch(() => {});
    await this.#child.status;
  }
}

/** Waits until something holds, 40 s at most. */
export async function until(
  what: string,
  holds: () => Promise<boolean>,
  detail: () => Promise<string> = () => Promise.resolve(""),
): Promise<void> {
  for (const end = Date.now() + 40_000; !(await holds());) {
    if (Date.now() > end) throw new Error(`Not within 40 s: ${what}\n${await detail()}`);
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
