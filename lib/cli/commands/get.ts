import { sanitize, suggest, toJson } from "../../base/mod.ts";
import { Client, RefusedError } from "../../control/client.ts";
import type { Found } from "../../control/find.ts";
import { type Command, EXIT, refuseWords } from "../command.ts";
import { print, printError, printJson } from "../output.ts";
import { findPaths } from "../paths.ts";
import { table } from "../table.ts";

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
    const [path = "", ...rest] = invocation.words;
    refuseWords(rest);
    const client = await Client.connect(findPaths(invocation).home);
    try {
      const found = await client.get<Found>(`/api/state?${new URLSearchParams({ path })}`);
      if (invocation.given.has("json")) printJson(contentOf(found));
      else print(formatFound(found).join("\n"));
      return EXIT.done;
    } catch (error) {
      if (!(error instanceof RefusedError) || error.status !== 404) throw error;
      const hint = hintAt(path, await client.get<string[]>("/api/paths"));
      printError(`icinga-warden: ${sanitize(error.message)}${hint && `; ${hint}`}`);
      return EXIT.failed;
    }
  },
};

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

function contentOf(found: Found): unknown {
  if (found.kind === "value") return found.value;
  return found.kind === "map" ? found.entries : found.maps;
}

function formatFound(found: Found): string[] {
  switch (found.kind) {
    case "value":
      return [formatValue(found.value)];
    case "map":
      return tableOf("KEY", found.entries);
    case "maps":
      return tableOf(
        "PATH",
        Object.fromEntries(
          Object.entries(found.maps).flatMap(([map, entries]) =>
            Object.entries(entries).map(([key, value]) => [`${map}.${key}`, value])
          ),
        ),
      );
  }
}

/** On a terminal it fits; in a pipe each value is whole. */
function tableOf(first: string, entries: Record<string, unknown>): string[] {
  const rows = Object.entries(entries).map(([key, value]) => [
    { text: key },
    { text: formatValue(value) },
  ]);
  return table([first, "VALUE"], rows, { cell: Infinity });
}
