import { describeRange, formatSpan, sanitize, toJson } from "../../base/mod.ts";
import { Client, type DaemonStatus } from "../../control/mod.ts";
import type { ArgumentSpec, DaemonDescription } from "../../daemon/mod.ts";
import { describePermissions, type Grant, Registry } from "../../registry/mod.ts";
import type { Action } from "../command.ts";
import { type Columns, fold, indented, orDash, table } from "../table.ts";
import {
  allSubjects,
  chooseSubject,
  describeMissing,
  examine,
  findKnown,
  grantOf,
  type Known,
  origin,
  type Subject,
} from "./subject.ts";

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

/** `icinga-warden daemon show NAME` */
export const showAction: Action = {
  words: "NAME",
  summary: "show a daemon's arguments with types and defaults, its permissions and its maps",
  async run(invocation) {
    const name = invocation.words[0]!;
    const known = await findKnown(invocation);
    const { home } = known.paths;
    const subject = chooseSubject(name, known);
    const { entry, module } = subject;
    const given = entry?.arguments ?? {};
    const { description } = await examine(subject, given, home);
    const grant = grantOf(subject, description, home);
    const json = {
      ...description,
      name,
      module,
      registered: entry !== undefined,
      enabled: entry?.enabled ?? false,
      given,
      granted: grant.permissions,
      missing: grant.missing,
    };
    return { json, text: describe(subject, description, grant).map((line) => fold(line)) };
  },
};

function describe(subject: Subject, description: DaemonDescription, grant: Grant): string[] {
  const { name, entry } = subject;
  const given = entry?.arguments ?? {};
  const specs = Object.entries(description.arguments).map(([key, spec]) =>
    [
      key,
      describeType(spec),
      Object.hasOwn(given, key) ? `= ${toJson(given[key])}` : describeDefault(spec),
      spec.description ?? "",
    ].map(sanitize)
  );
  const maps = Object.entries(description.maps).map(([key, spec]) =>
    [`Daemons.${name}.${key}`, spec.description ?? ""].map(sanitize)
  );
  return [
    `${name}: ${sanitize(description.description)}`,
    `from        ${origin(subject)}`,
    `registered  ${entry ? (entry.enabled ? "yes" : "disabled") : "no"}`,
    specs.length === 0 ? "arguments   none" : "arguments",
    ...indented(specs),
    `permissions ${describePermissions(description.permissions)}`,
    ...(entry ? [`granted     ${describePermissions(grant.permissions)}`] : []),
    ...(entry ? describeMissing(subject, grant).map((line) => `  ${line}`) : []),
    `tasks       ${description.tasks.join(", ") || "none"}`,
    maps.length === 0 ? "maps        none listed" : "maps",
    ...indented(maps),
  ];
}

/** An argument's type: `duration, from 100ms to 1h`. */
function describeType(spec: ArgumentSpec): string {
  if (spec.type === "string") {
    return spec.oneOf?.map((text) => toJson(text)).join(" or ") ?? "text";
  }
  if (spec.type === "boolean") return "true or false";
  if (spec.type === "list") return `list of texts${describeRange({ min: spec.minItems })}`;
  const type = spec.type === "number" && spec.integer ? "whole number" : spec.type;
  return type + describeRange<number | string>(spec);
}

function describeDefault({ default: value }: ArgumentSpec): string {
  return value === undefined ? "required" : `default ${toJson(value)}`;
}
