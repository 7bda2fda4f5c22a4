import { toJson } from "../base/mod.ts";
import { isLogged, type LogLevel } from "../log/mod.ts";
import type { DaemonLog } from "./context.ts";
import { explainRefusal } from "./permissions.ts";

/** A daemon's log that hands each record of at least `lowest` to `write`. */
export function createDaemonLog(
  lowest: LogLevel,
  write: (level: LogLevel, message: string) => void,
): DaemonLog {
  const at = (level: LogLevel) => (message: unknown, fields?: unknown) => {
    if (!isLogged(level, lowest)) return;
    const more = fields === undefined ? "" : ` ${toJson(fields)}`;
    write(level, explainRefusal(describeMessage(message) + more));
  };
  const warning = at("warning");
  return { debug: at("debug"), info: at("info"), warning, warn: warning, error: at("error") };
}

/** A value may throw when it is converted to text. */
function describeMessage(message: unknown): string {
  try {
    if (typeof message === "string") return message;
    if (message instanceof Error) return String(message.stack ?? message);
    return typeof message === "object" && message !== null ? toJson(message) : String(message);
  } catch {
    return "something that cannot be shown";
  }
}
