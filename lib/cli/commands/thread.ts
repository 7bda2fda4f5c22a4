import { formatBytes, formatSpan, formatTime } from "../../base/mod.ts";
import { Client } from "../../control/client.ts";
import type { Status, ThreadStatus } from "../../control/status_schema.ts";
import { type Command, EXIT, refuseWords, UsageError } from "../command.ts";
import { print, printJson } from "../output.ts";
import { findPaths } from "../paths.ts";
import { table } from "../table.ts";

/** `icinga-warden thread` */
export const threadCommand: Command = {
  name: "thread",
  words: "list",
  summary: "list the threads of the running agent",
  async run(invocation) {
    const [word, ...rest] = invocation.words;
    if (word !== "list") throw new UsageError("'thread' needs 'list': icinga-warden thread list");
    refuseWords(rest);
    const client = await Client.connect(findPaths(invocation).home);
    const { daemons } = await client.get<Status>("/api/status");
    const threads = daemons.flatMap(({ threads }) => threads);
    if (invocation.given.has("json")) printJson(threads);
    else print(describe(threads).join("\n"));
    return EXIT.done;
  },
};

function describe(threads: readonly ThreadStatus[]): string[] {
  const rows = threads.map(({ name, state, pool, uptime, restarts, heap, lag, lastError }) => [
    ...[name, state, pool, uptime === null ? "-" : formatSpan(uptime), String(restarts)],
    heap === null ? "-" : formatBytes(heap),
    lag === null ? "-" : `${Math.round(lag)} ms`,
    lastError ? `${formatTime(lastError.at)} ${lastError.message}` : "-",
  ]);
  const header = ["THREAD", "STATE", "POOL", "UPTIME", "RESTARTS", "MEMORY", "LAG", "LAST ERROR"];
  return table(header, rows.map((row) => row.map((text) => ({ text }))));
}
