import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tellSkipped } from "../skipped.ts";

/** The compiled Linux program. */
export const EXE: string = Deno.env.get("ICINGA_WARDEN_LINUX_EXE") ??
  fileURLToPath(new URL("../../dist/icinga-warden", import.meta.url));

/** Why the compiled program cannot be tested here; undefined when it can. */
export const missingExe: string | undefined = Deno.build.os !== "linux"
  ? `the Linux exe does not run on ${Deno.build.os}`
  : exists(EXE)
  ? undefined
  : `${EXE} is not there; make it with ./compile.sh linux`;

/** What a program has done: its exit code and all that it printed. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** A running program. */
export interface Running {
  signal(signal: Deno.Signal): void;
  /** Resolves with what it has printed once that matches; rejects with all of it after 60 s, or at its end. */
  printed(pattern: RegExp): Promise<string>;
  /** Types something, where standard input is a terminal. */
  type(text: string): Promise<void>;
  ended: Promise<Ended>;
}

/** What a terminal makes SIGINT of. */
export const CTRL_C = "\x03";

/** Standard input that is typed by and by. */
const TYPED: unique symbol = Symbol("typed");

/** What a program reads from standard input; nothing unless told. */
type Input = string | typeof TYPED;

/** A home folder of its own and the compiled program in it. */
export interface Bench {
  home: string;
  start(...args: string[]): Running;
  run(...args: string[]): Promise<Ended>;
  runWith(env: Record<string, string>, ...args: string[]): Promise<Ended>;
  /** Runs the program on a terminal of its own, where a program may ask a person; all it prints is standard output. */
  runOnTerminal(...args: string[]): Promise<Ended>;
  /** Starts the program on a terminal of its own, on which a test can type. */
  startOnTerminal(...args: string[]): Running;
  /** Runs the program with this text as its standard input. */
  runWithInput(input: string, ...args: string[]): Promise<Ended>;
  write(name: string, content: string | Uint8Array): Promise<void>;
  log(): Promise<string>;
}

/** A test of the compiled Linux program; without one it is skipped, and says why. */
export function testExe(name: string, test: (bench: Bench) => Promise<void>): void {
  if (missingExe) tellSkipped(name, missingExe);
  Deno.test({ name, ignore: missingExe !== undefined, fn: () => onBench([EXE], test) });
}

/** A test of the program as it runs from source. */
export function testSource(name: string, test: (bench: Bench) => Promise<void>): void {
  const main = fileURLToPath(new URL("../../main.ts", import.meta.url));
  const program = [Deno.execPath(), "run", "-A", "--no-prompt", main];
  Deno.test({ name, ignore: Deno.build.os !== "linux", fn: () => onBench(program, test) });
}

async function onBench(program: string[], test: (bench: Bench) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir({ prefix: "warden home ä " });
  const running: Running[] = [];
  const begin = (env: Record<string, string>, command: string[], input?: Input) => {
    const started = launch(command, { ICINGA_WARDEN_HOME: home, ...env }, input);
    running.push(started);
    return started;
  };
  const onTerminal = (before: string[], args: string[], input?: Input) => {
    // A shell that stays, as /bin/sh does, would end by Ctrl+C itself.
    const line = [...before, "exec", ...program, ...args].join(" ");
    return begin({ NO_COLOR: "" }, ["script", "-qefc", line, "/dev/null"], input);
  };
  try {
    await test({
      home,
      start: (...args) => begin({}, [...program, ...args]),
      run: (...args) => begin({}, [...program, ...args]).ended,
      runWith: (env, ...args) => begin(env, [...program, ...args]).ended,
      runOnTerminal: (...args) => onTerminal(["stty cols 120;"], args).ended,
      startOnTerminal: (...args) => onTerminal([], args, TYPED),
      runWithInput: (input, ...args) => begin({}, [...program, ...args], input).ended,
      write: async (name, content) => {
        const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
        await Deno.writeFile(join(home, name), bytes);
      },
      log: () => Deno.readTextFile(join(home, "logs", "icinga-warden.log")),
    });
  } finally {
    for (const started of running) started.signal("SIGKILL");
    await Promise.all(running.map((started) => started.ended));
    await Deno.remove(home, { recursive: true });
  }
}

function launch(
  [program, ...args]: string[],
  env: Record<string, string>,
  input?: Input,
): Running {
  const child = new Deno.Command(program!, {
    args,
    env,
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const typist = input === TYPED ? child.stdin.getWriter() : undefined;
  if (typeof input === "string") {
    void ReadableStream.from([new TextEncoder().encode(input)]).pipeTo(child.stdin).catch(() => {});
  }
  let output = "";
  let over = false;
  const take = async (stream: ReadableStream<Uint8Array>) => {
    let text = "";
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      output += chunk;
    }
    return text;
  };
  const ended = Promise.all([child.status, take(child.stdout), take(child.stderr)])
    .then(([{ code }, stdout, stderr]) => {
      over = true;
      return { code, stdout, stderr };
    });
  return {
    ended,
    type: (text) => typist!.write(new TextEncoder().encode(text)),
    signal: (signal) => {
      if (!over) child.kill(signal);
    },
    printed: async (pattern) => {
      for (const until = Date.now() + 60_000; !pattern.test(output);) {
        if (over || Date.now() > until) throw new Error(`not printed: ${pattern}\n${output}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return output;
    },
  };
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
