import { cut, excerpt, formatTime, onStopSignal, sanitize, toJson } from "../../base/mod.ts";
import {
  type Client,
  type Events,
  NotRunningError,
  type StateChange,
  type StreamEvent,
} from "../../control/mod.ts";
import { type Command, EXIT, type Invocation } from "../command.ts";
import { FOR_FLAG, readRunTime } from "../parse.ts";
import { onOutputEnd, print, printError } from "../output.ts";
import { connectAgent } from "../paths.ts";
import { terminalWidth } from "../table.ts";
import { formatValue, hintAt, readPath } from "./get.ts";

/** `icinga-warden watch` */
export const watchCommand: Command = {
  name: "watch",
  words: "[PATH]",
  summary: "show changes of the public state as they happen, until Ctrl+C",
  details: [
    "First what there is, then each change. With --json one object a line: time, path, map, key, and value; initial",
    "for what there was, deleted where a key went away. Where there is nothing yet, it says so and waits.",
  ],
  flags: { for: FOR_FLAG },
  async run(invocation) {
    const path = readPath(invocation);
    const span = readRunTime(invocation);
    const client = await connectAgent(invocation);
    const show = invocation.given.has("json") ? showJson : showText;
    await follow(client, { topics: "state", path }, async ({ name, data }) => {
      if (name === "snapshot" && Object.keys(data as object).length === 0) {
        await warnNothing(client, path);
      }
      const time = new Date().toISOString();
      for (const seen of readEvent(name, data)) print(show(seen, time));
    }, { until: invocation.until, span });
    return EXIT.done;
  },
};

/** Not an error: a map may appear later. */
async function warnNothing(client: Client, path: string): Promise<void> {
  const hint = hintAt(path, await client.get<string[]>("/api/paths"));
  const what = `There is nothing at '${sanitize(excerpt(path))}' yet`;
  printError(`icinga-warden: ${what}; ${hint ? `${hint} Waiting` : "waiting"} for it`);
}

interface Seen extends StateChange {
  initial?: boolean;
}

function readEvent(name: string, data: unknown): Seen[] {
  if (name === "changes") return data as Events["changes"];
  if (name !== "snapshot") return [];
  return Object.entries(data as Events["snapshot"]).flatMap(([map, entries]) =>
    Object.entries(entries).map(([key, value]) => ({ map, key, value, initial: true }))
  );
}

function showText({ map, key, value }: Seen, time: string): string {
  const path = sanitize(`${map}.${key}`);
  const shown = value === undefined ? "(deleted)" : formatValue(value);
  const width = terminalWidth();
  const line = `${formatTime(time)}  ${path}  ${shown}`;
  return width === undefined ? line : cut(line, width);
}

function showJson({ map, key, value, initial }: Seen, time: string): string {
  return toJson({
    time,
    path: `${map}.${key}`,
    map,
    key,
    value,
    ...(value === undefined && { deleted: true }),
    ...(initial && { initial }),
  });
}

/**
 * Calls `take` with each event of a running agent's stream, until Ctrl+C, the abort of `until`, the end of `span`,
 * or a write that standard output does not take.
 *
 * @param span from {@linkcode readRunTime}, ms. Default: no end.
 * @throws {NotRunningError} when the agent ends.
 */
export async function follow(
  client: Client,
  query: Record<string, string>,
  take: (event: StreamEvent) => void | Promise<void>,
  { until, span }: Pick<Invocation, "until"> & { span: number | undefined },
): Promise<void> {
  const stop = new AbortController();
  const end = () => stop.abort();
  const signal = AbortSignal.any([until ?? stop.signal, stop.signal]);
  const unsubscribe = until ? undefined : onStopSignal(end);
  const ignoreOutput = onOutputEnd(end);
  const timer = span === undefined ? undefined : setTimeout(end, span);
  try {
    for await (const event of client.events(new URLSearchParams(query), signal)) {
      await take(event);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    unsubscribe?.();
    ignoreOutput();
    clearTimeout(timer);
  }
  if (!signal.aborted) throw new NotRunningError("The agent has ended");
}
