import { formatSpan, sanitize } from "../../base/mod.ts";
import { Client, type DaemonStatus } from "../../control/mod.ts";
import { Registry } from "../../registry/mod.ts";
import type { Action } from "../command.ts";
import { type Columns, orDash, table } from "../table.ts";
import { allSubjects, findKnown, type Known, origin } from "./subject.ts";

/** One daemon of the list. */
interface Row {
  name: string;
  from: string;
  registered: "yes" | "no" | "disabled";
  /** Its state in the running agent; null when no agent runs, or the daemon does not run there. */
  running:
    | Pick<DaemonStatus, "state" | "uptime" | "restarts" | "lastError"> & { threads: number }
    | null;
  /** Why it cannot run, in one line; null when it can. */
  problem: string | null;
}

const COLUMNS: Columns<Row> = {
  NAME: ({ name }) => name,
  FROM: ({ from }) => from,
  REGISTERED: ({ registered }) => registered,
  STATE: ({ running }) => orDash(running?.state),
  THREADS: ({ running }) => orDash(running?.threads),
  UPTIME: ({ running }) => orDash(running?.uptime, formatSpan),
  RESTARTS: ({ running }) => orDash(running?.restarts),
  "LAST ERROR": ({ running }) => orDash(running?.lastError?.message),
};

/** `icinga-warden daemon list` */
export const listAction: Action = {
  words: "",
  summary: "list the daemons that are registered, ship with the program or lie in daemons/ in home",
  async run(invocation) {
    const known = await findKnown(invocation);
    const rows = await listRows(known);
    const problems = rows.flatMap(({ problem }) => problem === null ? [] : sanitize(problem));
    const warnings = known.warning === undefined ? [] : [known.warning];
    return { json: rows, text: [...table(COLUMNS, rows), ...problems, ...warnings] };
  },
};

async function listRows(known: Known): Promise<Row[]> {
  const { paths: { home }, loaded, modules } = known;
  const resolved = new Map(
    (await new Registry(home).resolve(loaded)).map((daemon) => [daemon.name, daemon]),
  );
  const running = await askAgent(home);
  const rows = allSubjects(known).map((subject): Row => {
    const { name } = subject;
    const daemon = resolved.get(name);
    return {
      name,
      from: origin(subject),
      registered: daemon ? (daemon.enabled ? "yes" : "disabled") : "no",
      running: running.get(name) ?? null,
      problem: daemon?.problem ?? null,
    };
  });
  const unusable = modules.flatMap(({ name, module, problem = null }): Row[] =>
    problem === null ? [] : [{ name, from: module, registered: "no", running: null, problem }]
  );
  return [...rows, ...unusable];
}

/** The states of the daemons in the running agent of this home; empty when none answers. */
async function askAgent(home: string): Promise<Map<string, NonNullable<Row["running"]>>> {
  try {
    const client = await Client.connect(home);
    const { daemons } = await client.status();
    return new Map(daemons.map(({ name, state, uptime, restarts, lastError, threads }) => [
      name,
      { state, threads: threads.length, uptime, restarts, lastError },
    ]));
  } catch {
    return new Map();
  }
}
