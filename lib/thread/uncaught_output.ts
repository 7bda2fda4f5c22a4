import type nodeProcess from "node:process";
import type { DaemonLog } from "../daemon/mod.ts";
import { isUnreadableMessage } from "../state/mod.ts";
import { show } from "./describe_error.ts";

/** How severe it is what a daemon prints. */
export type PrintLevel = Exclude<keyof DaemonLog, "warn">;

/** Handlers for what a daemon prints and for errors that it does not catch. */
export interface UncaughtHandlers {
  /** Called with what it prints. */
  print: (level: PrintLevel, text: string) => void;
  /** Called with an error that is not caught, or why its thread ends; `leaves`: it ends its thread itself. */
  fail: (error: unknown, leaves: boolean) => void;
}

/**
 * Catches what a daemon does outside of its work: what it prints goes to the log and not to the console, what
 * it throws is a failure of its thread, and a thread that ends itself says so first, since its parent would not
 * notice.
 */
export function catchUncaught({ print, fail }: UncaughtHandlers): void {
  Object.assign(
    globalThis.console,
    createConsole((level, values) => {
      print(level, values.map(show).join(" "));
    }),
  );
  catchStream(Deno.stdout, (text) => print("info", text));
  catchStream(Deno.stderr, (text) => print("error", text));
  if (Deno.stdout.isTerminal()) catchNodeStream("stdout", Deno.stdout);
  if (Deno.stderr.isTerminal()) catchNodeStream("stderr", Deno.stderr);
  const { exit } = Deno;
  Deno.exit = (code = 0) => {
    fail(new Error(`it called Deno.exit(${code})`), true);
    return exit(code);
  };
  const close = self.close.bind(self);
  self.close = () => {
    fail(new Error("it closed its thread"), true);
    close();
  };
  self.addEventListener("error", (event) => {
    event.preventDefault();
    fail(event.error, false);
  });
  self.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    if (!isUnreadableMessage(event.reason)) fail(event.reason, false);
  });
}

function catchStream(stream: typeof Deno.stdout, print: (text: string) => void): void {
  const writeSync = (bytes: Uint8Array) => {
    const text = new TextDecoder().decode(bytes).trimEnd();
    if (text !== "") print(text);
    return bytes.length;
  };
  Object.assign(stream, {
    writeSync,
    write: (bytes: Uint8Array) => Promise.resolve(writeSync(bytes)),
  });
}

/**
 * A stream of Node.js writes to a terminal by itself; elsewhere it writes through Deno's. Node.js' process costs each
 * thread memory, so that it is loaded on a terminal alone. Deno 2.9 makes the stream when it is first asked for: here,
 * since a daemon may not add the listener of signals that this needs.
 */
function catchNodeStream(name: "stdout" | "stderr", target: typeof Deno.stdout): void {
  const { process } = globalThis as unknown as { process: typeof nodeProcess };
  Object.assign(process[name], { write: nodeWrite(target) });
}

/** What writes to a stream of Node.js: text or bytes, perhaps an encoding, perhaps a callback. */
type NodeWrite = (chunk: string | Uint8Array, ...rest: unknown[]) => true;

/** The `write` of a stream of Node.js that writes to `target`. */
export function nodeWrite(target: Pick<typeof Deno.stdout, "writeSync">): NodeWrite {
  const encoder = new TextEncoder();
  return (chunk, ...rest) => {
    target.writeSync(typeof chunk === "string" ? encoder.encode(chunk) : chunk);
    const done = rest.at(-1);
    if (typeof done === "function") queueMicrotask(() => done());
    return true;
  };
}

/** Takes what is printed, and how severe it is. */
type Print = (level: PrintLevel, values: readonly unknown[]) => void;

const LEVELS = {
  debug: "debug",
  log: "info",
  info: "info",
  dir: "info",
  dirxml: "info",
  table: "info",
  group: "info",
  groupCollapsed: "info",
  warn: "warning",
  error: "error",
  trace: "error",
} as const;

/** The methods of a console that calls `print` once for each print, and prints nothing itself. */
export function createConsole(print: Print): Partial<Console> {
  const counts = new Map<string, number>();
  const starts = new Map<string, number>();
  const sayTime = (label = "default", ...values: unknown[]) =>
    print("info", [`${label}: ${performance.now() - (starts.get(label) ?? NaN)} ms`, ...values]);
  const printers = Object.entries(LEVELS).map(([method, level]) => [
    method,
    (...values: unknown[]) => print(level, values),
  ]);
  return {
    ...Object.fromEntries(printers),
    assert: (holds, ...values) => holds || print("error", ["Assertion failed:", ...values]),
    clear: () => {},
    count(label = "default") {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      print("info", [`${label}: ${counts.get(label)}`]);
    },
    countReset: (label = "default") => void counts.delete(label),
    groupEnd: () => {},
    time: (label = "default") => void starts.set(label, performance.now()),
    timeLog: sayTime,
    timeEnd: sayTime,
  };
}
