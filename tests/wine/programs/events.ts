/**
 * Writes a record of each kind to the event log, as the agent does.
 *
 * @module
 */
import type { LogLevel } from "../../../lib/log/mod.ts";
import { openEventLog } from "../../../lib/windows/event_log.ts";

const events = openEventLog();
const write = (level: LogLevel, source: string) =>
  events.write({ time: Date.now(), level, source, message: `${level} ä` });
for (const source of ["agent", "x::run::Main::0"]) {
  for (const level of ["info", "warning", "error"] as const) write(level, source);
}
write("fatal", "agent");
await events.close();
write("warning", "agent");
