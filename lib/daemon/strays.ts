import { explainRefusal } from "./refusal.ts";
import type { DaemonLog } from "./context.ts";

/** Where what a daemon does astray goes. */
export interface StrayTakers {
  /** Takes what it prints. */
  print: (level: keyof DaemonLog, text: string) => void;
  /** Takes what it throws outside of its work, and what else ends its thread. */
  fail: (error: unknown) => void;
}

const CONSOLE = {
  debug: "debug",
  log: "info",
  info: "info",
  warn: "warning",
  error: "error",
} as const;

/**
 * Catches what a daemon does outside of its work: what it prints goes to the log and not to the console, what
 * it throws is a failure of its thread, and a thread that ends itself says so first, since its parent would not
 * notice.
 */
export function catchStrays({ print, fail }: StrayTakers): void {
  for (const [method, level] of Object.entries(CONSOLE)) {
    Object.assign(globalThis.console, {
      [method]: (...values: unknown[]) => print(level, values.map(show).join(" ")),
    });
  }
  const { exit } = Deno;
  Deno.exit = (code = 0) => {
    fail(new Error(`it called Deno.exit(${code})`));
    return exit(code);
  };
  const close = self.close.bind(self);
  self.close = () => {
    fail(new Error("it closed its thread"));
    close();
  };
  self.addEventListener("error", (event) => {
    event.preventDefault();
    fail(event.error);
  });
  self.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    fail(event.reason);
  });
}

/** An error's message, and of what is thrown instead of an error what it looks like. Never throws. */
export function describeThrown(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return explainRefusal(thrown.message) || thrown.name;
    return `a thrown ${show(thrown)}, which is no Error`;
  } catch {
    return "something that cannot be shown";
  }
}

function show(value: unknown): string {
  return typeof value === "string" ? value : Deno.inspect(value);
}
