import type { DaemonLog } from "./context.ts";

/** Takes what is printed, and how severe it is. */
type Print = (level: keyof DaemonLog, values: readonly unknown[]) => void;

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

/** The methods of a console that prints nothing by itself: each print is one call of `print`. */
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
