import { sanitize, suggest, toJson } from "../../base/mod.ts";
import { type Found, RefusedError } from "../../control/mod.ts";
import { type Command, EXIT, type Invocation, type Report, UsageError } from "../command.ts";
import { printError } from "../output.ts";
import { connectAgent } from "../paths.ts";
import { type Columns, table } from "../table.ts";

/** `icinga-warden get` */
export const getCommand: Command = {
  name: "get",
  words: "[PATH]",
  summary: "read the public state of the running agent: a value, a map, or all of it",
  details: [
    "PATH is DAEMON.MAP.KEY, Agent.MAP.KEY, or the beginning of one; after a key, dots lead into its value:",
    "  icinga-warden get icinga_agent_service.ServiceState.value",
  ],
  async run(invocation) {
    const path = readPath(invocation);
    const client = await connectAgent(invocation);
    try {
      const found = await client.get<Found>(`/api/state?${new URLSearchParams({ path })}`);
      return formatFound(found);
    } catch (error) {
      if (!(error instanceof RefusedError) || error.status !== 404) throw error;
      const hint = hintAt(path, await client.get<string[]>("/api/paths"));
      printError(`icinga-warden: ${sanitize(error.message)}${hint && `; ${hint}`}`);
      return EXIT.failed;
    }
  },
};

/**
 * The path that was typed; empty when none was: the whole state.
 *
 * @throws {UsageError} when an empty one was typed, as an empty variable of a script does.
 */
export function readPath({ words: [path] }: Pick<Invocation, "words">): string {
  if (path !== "") return path ?? "";
  throw new UsageError("The path is empty; leave it out for the whole state");
}

/** Suggests the nearest path, or beginning of one; empty when none is near, since a list of all would be too long. */
export function hintAt(path: string, paths: readonly string[]): string {
  const known = paths.map((path) => path.replace(/^Daemons\./, ""));
  const beginnings = known.flatMap((path) => {
    const [first = "", second = ""] = path.split(".");
    return [first, `${first}.${second}`, path];
  });
  const hint = suggest(path, [...new Set(beginnings)]);
  return hint.startsWith("known:") ? "" : sanitize(hint);
}

/** A value on one line: text without quotes, everything else as JSON. */
export function formatValue(value: unknown): string {
  return sanitize(typeof value === "string" ? value : toJson(value));
}

function formatFound(found: Found): Report {
  switch (found.kind) {
    case "value":
      return { json: found.value, text: formatValue(found.value) };
    case "map":
      return { json: found.entries, text: tableOf("KEY", Object.entries(found.entries)) };
    case "maps": {
      const entries = Object.entries(found.maps).flatMap(([map, entries]) =>
        Object.entries(entries).map(([key, value]): Entry => [`${map}.${key}`, value])
      );
      return { json: found.maps, text: tableOf("PATH", entries) };
    }
  }
}

type Entry = [key: string, value: unknown];

/** On a terminal it fits; in a pipe each value is whole. */
function tableOf(header: string, entries: readonly Entry[]): string[] {
  const columns: Columns<Entry> = {
    [header]: ([key]) => key,
    VALUE: ([, value]) => formatValue(value),
  };
  return table(columns, entries, { cell: Infinity });
}
