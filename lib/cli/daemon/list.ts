import { formatSpan, sanitize } from "../../base/mod.ts";
import { Client } from "../../control/client.ts";
import type { DaemonStatus, Status } from "../../control/view/status_schema.ts";
import { type RegisteredDaemon, Registry } from "../../registry/registry.ts";
import { EXIT, refuseWords } from "../command.ts";
import { print, printJson } from "../output.ts";
import { findPaths, loadAgentConfig } from "../paths.ts";
import { table } from "../table.ts";
import type { Action } from "./action.ts";
import { origin } from "./describe.ts";
import { allSubjects, listKnown } from "./subject.ts";

/** One daemon of the list. */
interface Row {
  name: string;
  from: string;
  registered: "yes" | "no" | "disabled";
  /** What a running agent knows of it; null when none runs, or it does not run there. */
  running:
    | Pick<DaemonStatus, "state" | "uptime" | "restarts" | "lastError"> & { threads: number }
    | null;
  /** Why it cannot run, in one line; null when it can. */
  problem: string | null;
}

/** `icinga-warden daemon list` */
export const listAction: Action = {
  words: "",
  summary: "list the daemons that are registered, ship with the program or lie in daemons/ in home",
  async run(invocation) {
    refuseWords(invocation.words);
    const place = findPaths(invocation);
    const loaded = await loadAgentConfig(place);
    const known = await listKnown(place, loaded);
    const resolved = await new Registry(place.home).resolve(loaded);
    const running = await askAgent(place.home);
    const rows: Row[] = [
      ...allSubjects(known).map((subject) => {
        const daemon = resolved.find(({ name }) => name === subject.name);
        return {
          ...{ name: subject.name, from: origin(subject), registered: registered(daemon) },
          ...{ running: running.get(subject.name) ?? null, problem: daemon?.problem ?? null },
        };
      }),
      ...known.found.filter(({ problem }) => problem !== undefined).map((found) => ({
        ...{ name: found.name, from: found.module, registered: "no" as const, running: null },
        problem: found.problem!,
      })),
    ];
    if (invocation.given.has("json")) printJson(rows);
    else print([...describe(rows), ...(known.warning ? [known.warning] : [])].join("\n"));
    return EXIT.done;
  },
};

/** What an agent that runs from this home says of its daemons; nothing when none answers. */
async function askAgent(home: string): Promise<Map<string, NonNullable<Row["running"]>>> {
  try {
    const client = await Client.connect(home);
    const { daemons } = await client.get<Status>("/api/status");
    return new Map(daemons.map(({ name, state, uptime, restarts, lastError, threads }) => [
      name,
      { state, threads: threads.length, uptime, restarts, lastError },
    ]));
  } catch {
    return new Map();
  }
}

function registered(daemon: RegisteredDaemon | undefined): Row["registered"] {
  if (!daemon) return "no";
  return daemon.enabled ? "yes" : "disabled";
}

function describe(rows: readonly Row[]): string[] {
  const head = [
    "NAME",
    "FROM",
    "REGISTERED",
    "STATE",
    "THREADS",
    "UPTIME",
    "RESTARTS",
    "LAST ERROR",
  ];
  const cells = rows.map(({ name, from, registered, running }) => [
    ...[name, from, registered, running?.state ?? "-", String(running?.threads ?? "-")],
    running?.uptime == null ? "-" : formatSpan(running.uptime),
    String(running?.restarts ?? "-"),
    running?.lastError ? running.lastError.message : "-",
  ]);
  const problems = rows.flatMap(({ problem }) => problem === null ? [] : sanitize(problem));
  return [...table(head, cells.map((row) => row.map((text) => ({ text })))), ...problems];
}
