import type nodeProcess from "node:process";
import { isUnreadableMessage } from "../state/state.ts";
import { createConsole } from "./console.ts";
import { explainRefusal } from "./refusal.ts";
import type { DaemonLog } from "./context.ts";
import { cutText } from "./protocol.ts";

/** Where what a daemon does astray goes. */
export interface StrayTakers {
  /** Takes what it prints. */
  print: (level: keyof DaemonLog, text: string) => void;
  /** Takes what it throws outside of its work, and what else ends its thread; `leaves`: it is ending its thread itself. */
  fail: (error: unknown, leaves: boolean) => void;
}

/**
 * Catches what a daemon does outside of its work: what it prints goes to the log and not to the console, what
 * it throws is a failure of its thread, and a thread that ends itself says so first, since its parent would not
 * notice.
 */
export function catchStrays({ print, fail }: StrayTakers): void {
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
 * thread memory, so that it is loaded on a terminal alone. Deno 2.9 makes the stream when it is first asked for.
 */
function catchNodeStream(name: "stdout" | "stderr", target: typeof Deno.stdout): void {
  const { process } = globalThis as unknown as { process: typeof nodeProcess };
  const encoder = new TextEncoder();
  const write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    target.writeSync(typeof chunk === "string" ? encoder.encode(chunk) : chunk);
    const done = rest.at(-1);
    if (typeof done === "function") queueMicrotask(() => done());
    return true;
  };
  const { get } = Object.getOwnPropertyDescriptor(process, name) ?? {};
  if (!get) return void Object.assign(process[name], { write });
  Object.defineProperty(process, name, {
    configurable: true,
    get: () => Object.assign(get.call(process), { write }),
  });
}

/** An error's message, and of what is thrown instead of an error what it looks like. Never throws. */
export function describeThrown(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return cutText(explainRefusal(thrown.message) || thrown.name);
    return `a thrown ${cutText(show(thrown))}, which is no Error`;
  } catch {
    return "something that cannot be shown";
  }
}

function show(value: unknown): string {
  return typeof value === "string" ? value : Deno.inspect(value);
}
