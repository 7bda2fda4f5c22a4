import { cut, formatTime, sanitize, toJson } from "../../base/mod.ts";
import type { Client, Events, StateChange } from "../../control/mod.ts";
import { type Command, EXIT } from "../command.ts";
import { FOR_FLAG } from "../flags.ts";
import { follow } from "../follow.ts";
import { print, printError } from "../output.ts";
import { connectAgent } from "../paths.ts";
import { terminalWidth } from "../table.ts";
import { formatValue, hintAt } from "./get.ts";

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
    const [path = ""] = invocation.words;
    const client = await connectAgent(invocation);
    const show = invocation.given.has("json") ? showJson : showText;
    await follow(client, { topics: "state", path }, async ({ name, data }) => {
      if (name === "snapshot" && Object.keys(data as object).length === 0) {
        await warnNothing(client, path);
      }
      const time = new Date().toISOString();
      for (const seen of readEvent(name, data)) print(show(seen, time));
    }, invocation);
    return EXIT.done;
  },
};

/** Not an error: a map may appear later. */
async function warnNothing(client: Client, path: string): Promise<void> {
  const hint = hintAt(path, await client.get<string[]>("/api/paths"));
  const what = `There is nothing at '${sanitize(path)}' yet`;
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
