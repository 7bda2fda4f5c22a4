import { join } from "node:path";
import { EXE } from "../exe/program.ts";
import { Metronome } from "./metronome.ts";

/** How long to wait for what must happen, ms: the machine may be busy. */
const PATIENCE = Number(Deno.env.get("ICINGA_WARDEN_PATIENCE") ?? 180_000);

/** How an agent ended. */
export interface AgentEnd {
  code: number;
  stdout: string;
  stderr: string;
}

/** An agent under test in a home of its own. */
export interface Bench {
  /** Its home. */
  readonly home: string;
  /** Its process id. */
  readonly pid: number;
  /** What ticks beside it, outside of it. */
  readonly metronome: Metronome;
  /** So many ticks in a row a healthy daemon may miss where the machine is to blame and the metronome cannot know. Default: 0. */
  readonly unseen?: number;
  /** What it has printed on standard output: its log. */
  output(): string;
  /** What is in its log file; empty when there is none. */
  log(): string;
  /** Waits until its output matches, and returns the match. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Waits until something holds. */
  until(what: string, holds: () => boolean | Promise<boolean>): Promise<void>;
  /** Asks it to stop in order. */
  stop(): Promise<void>;
  /** Sends it a signal; not on Windows. */
  signal(signal: Deno.Signal): void;
  /** Ends it as a task manager does. */
  kill(): Promise<void>;
  /** Runs the program once more with the same home, to its end. */
  again(...args: string[]): Promise<AgentEnd>;
  /** Starts the agent anew, once it has ended; its output goes on. */
  restart(): Promise<void>;
  /** Resolves when it has ended. */
  ended(): Promise<AgentEnd>;
}

/** How an agent is started. */
export interface BenchOptions {
  /** Its files by name. */
  files: Record<string, string>;
  /** The program under test and its first arguments. Default: the compiled exe. */
  program?: readonly string[];
  /** Variables of its environment. */
  env?: ((home: string) => Record<string, string>) | undefined;
  /** The name of home; a folder with a space and an umlaut unless told. */
  home?: string | undefined;
  /** What is done to home before the agent is started. */
  prepare?: ((home: string) => Promise<void>) | undefined;
}

/** Starts the agent in the foreground in a home of its own, lets `use` do its work, and clears up. */
export async function onBench(
  options: BenchOptions,
  use: (bench: Bench) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "warden_fault_" });
  const home = join(folder, options.home ?? "home ä");
  await Deno.mkdir(home, { recursive: true });
  for (const [name, text] of Object.entries(options.files)) {
    await Deno.mkdir(join(home, name, ".."), { recursive: true });
    await Deno.writeTextFile(join(home, name), text);
  }
  await options.prepare?.(home);
  using metronome = new Metronome();
  const { program = [EXE], env = () => ({}) } = options;
  const bench = new LinuxBench(home, program, env(home), metronome);
  try {
    await use(bench);
  } finally {
    bench.signal("SIGKILL");
    await bench.ended();
    await Deno.remove(folder, { recursive: true });
  }
}

class LinuxBench implements Bench {
  readonly home: string;
  readonly metronome: Metronome;
  readonly #program: readonly string[];
  readonly #env: Record<string, string>;
  #output = "";
  #child: Deno.ChildProcess;
  #ended: Promise<AgentEnd>;
  #over = false;

  constructor(
    home: string,
    program: readonly string[],
    env: Record<string, string>,
    metronome: Metronome,
  ) {
    this.home = home;
    this.#program = program;
    this.metronome = metronome;
    this.#env = env;
    [this.#child, this.#ended] = this.#start();
  }

  get pid(): number {
    return this.#child.pid;
  }

  output(): string {
    return this.#output;
  }

  log(): string {
    try {
      return Deno.readTextFileSync(join(this.home, "logs", "icinga-warden.log"));
    } catch {
      return "";
    }
  }

  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    await this.until(`printed ${pattern}`, () => pattern.test(this.#output));
    return pattern.exec(this.#output)!;
  }

  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    for (const end = Date.now() + PATIENCE; !await holds();) {
      if (Date.now() > end) throw new Error(`Not within ${PATIENCE / 1000} s: ${what}`);
      if (this.#over) {
        if (await holds()) return;
        const { code, stderr } = await this.#ended;
        throw new Error(`The agent ended with ${code} before: ${what}\n${stderr}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  stop(): Promise<void> {
    this.signal("SIGTERM");
    return Promise.resolve();
  }

  signal(signal: Deno.Signal): void {
    if (!this.#over) this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.#ended;
  }

  async again(...args: string[]): Promise<AgentEnd> {
    const { code, stdout, stderr } = await this.#command(args).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  }

  async restart(): Promise<void> {
    await this.#ended;
    [this.#child, this.#ended] = this.#start();
  }

  ended(): Promise<AgentEnd> {
    return this.#ended;
  }

  #command(args: string[]): Deno.Command {
    const [path = "", ...first] = this.#program;
    return new Deno.Command(path, {
      args: [...first, ...args],
      env: { ICINGA_WARDEN_HOME: this.home, NO_COLOR: "1", ...this.#env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  #start(): [Deno.ChildProcess, Promise<AgentEnd>] {
    const child = this.#command(["run", "--foreground", "--simulate", "--scenario", "crash=1h"])
      .spawn();
    this.#over = false;
    const take = async (stream: ReadableStream<Uint8Array>, taken = (_: string) => {}) => {
      let text = "";
      for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        taken(chunk);
      }
      return text;
    };
    const ended = Promise.all([
      take(child.stdout, (chunk) => this.#output += chunk),
      take(child.stderr),
      child.status,
    ]).then(([stdout, stderr, { code }]) => {
      this.#over = true;
      return { code, stdout, stderr };
    });
    return [child, ended];
  }
}
