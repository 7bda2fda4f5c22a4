import { formatBytes, formatSpan } from "../../base/mod.ts";
import type { ThreadStatus } from "../../control/mod.ts";
import { type Action, type Command, commandWithActions } from "../command.ts";
import { connectAgent } from "../paths.ts";
import { type Columns, orDash, table } from "../table.ts";
import { formatLastError } from "./status.ts";

const COLUMNS: Columns<ThreadStatus> = {
  THREAD: ({ name }) => name,
  STATE: ({ state }) => state,
  POOL: ({ pool }) => pool,
  UPTIME: ({ uptime }) => orDash(uptime, formatSpan),
  RESTARTS: ({ restarts }) => String(restarts),
  MEMORY: ({ heap }) => orDash(heap, formatBytes),
  LAG: ({ lag }) => orDash(lag, (ms) => `${Math.round(ms)} ms`),
  "LAST ERROR": ({ lastError }) => orDash(lastError, formatLastError),
};

const list: Action = {
  words: "",
  summary: "list the threads of the running agent",
  async run(invocation) {
    const { daemons } = await (await connectAgent(invocation)).status();
    const threads = daemons.flatMap(({ threads }) => threads);
    return { json: threads, text: table(COLUMNS, threads) };
  },
};

/** `icinga-warden thread` */
export const threadCommand: Command = commandWithActions("thread", list.summary, { list });
