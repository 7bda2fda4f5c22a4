import { cut, formatBytes, formatSpan, formatTime, sanitize } from "../../base/mod.ts";
import {
  type DaemonStatus,
  describeDiagnosis,
  type Health,
  type ProbeStatus,
  serviceState,
  type ServiceStatus,
  type Status,
  type ThreadStatus,
} from "../../control/mod.ts";
import { type Action, type Command, commandWithActions } from "../command.ts";
import { isColourful, type Paint, paint } from "../output.ts";
import { connectAgent } from "../paths.ts";
import { type Columns, orDash, table } from "../table.ts";
import { describePauseEnd } from "./pause.ts";

/** `icinga-warden status` */
export const statusCommand: Command = {
  name: "status",
  words: "",
  summary: "show the state of the agent, its services and daemons",
  details: [
    "The form of --json: icinga-warden docs status.schema. For a plugin's exit codes: check.",
  ],
  async run(invocation) {
    const status = await (await connectAgent(invocation)).status();
    return { json: status, text: formatStatus(status, paint(isColourful())) };
  },
};

/** The status for people, in lines. */
export function formatStatus(status: Status, paint: Paint): string[] {
  return [
    ...headLines(status, paint),
    ...(status.services.length > 0 ? ["", ...serviceLines(status, paint)] : []),
    ...probeLines(status, paint),
    ...(status.daemons.length > 0 ? ["", ...daemonLines(status.daemons, paint)] : []),
  ];
}

const VERDICTS: Readonly<Record<Health, { text: string; colour: "green" | "yellow" | "red" }>> = {
  ok: { text: "OK", colour: "green" },
  warning: { text: "WARNING", colour: "yellow" },
  critical: { text: "CRITICAL", colour: "red" },
  unknown: { text: "UNKNOWN", colour: "yellow" },
};

/** Longer lines of text are cut, and so is a problem of several, characters. */
const MOST_LINE = 1_000;
const MOST_PROBLEM = 300;

function headLines(status: Status, paint: Paint): string[] {
  const { health, problems, agent, maintenance, services } = status;
  const { text, colour } = VERDICTS[health];
  const verdict = paint.bold(paint[colour](text));
  const most = problems.length > 1 ? MOST_PROBLEM : MOST_LINE;
  const summary =
    cut(problems.map(({ text }) => cut(sanitize(text), most)).join("; "), MOST_LINE) ||
    (maintenance ? "paused, so that nothing is restarted" : wellBut(services));
  const agentLine = [
    `icinga-warden ${agent.version} on ${sanitize(agent.host)}`,
    `up ${formatSpan(agent.uptime)}`,
    `process ${agent.pid}`,
    `${formatBytes(agent.memory)} of memory`,
    agent.mode,
    ...(agent.simulated ? ["its services are simulated"] : []),
  ].join(", ");
  return [
    `${verdict}: ${summary}`,
    paint.dim(agentLine),
    paint.dim(`home ${sanitize(agent.home)}`),
    ...(agent.lastEnd === "unclean" ? [paint.yellow("The previous run did not stop cleanly")] : []),
    ...(maintenance ? [paint.yellow(`Paused by ${describePause(maintenance)}`)] : []),
    ...pausedOf(services).map(({ name, paused }) =>
      paint.yellow(sanitize(`${name} is paused by ${describePause(paused!, name!)}`))
    ),
  ];
}

function pausedOf(services: readonly ServiceStatus[]): ServiceStatus[] {
  return services.filter(({ name, paused }) => name !== null && paused !== null);
}

/** What is said where nothing is wrong; a service that is paused may have stopped. */
function wellBut(services: readonly ServiceStatus[]): string {
  const names = pausedOf(services).map(({ name }) => sanitize(name!)).join(", ");
  return names === "" ? "all is well" : `all is well, and paused: ${names}`;
}

function describePause(
  { since, until, by }: NonNullable<Status["maintenance"]>,
  service?: string,
): string {
  const who = by === "service" ? "the service control manager" : "a command";
  return `${who} since ${formatTime(since)}, ${describePauseEnd(until, service)}`;
}

function serviceLines(status: Status, paint: Paint): string[] {
  return table<ServiceStatus>({
    ...(status.services.some(({ mode }) => mode !== null && mode !== "act") &&
      { MODE: ({ mode }: ServiceStatus) => orDash(mode) }),
    SERVICE: ({ name, daemon }) => name ?? daemon,
    STATE: (service) => ({
      text: serviceState(service, status),
      paint: serviceColour(service, status, paint),
    }),
    RESTART_ERROR: ({ restart_error: errors }) =>
      errors > 0 ? { text: String(errors), paint: paint.red } : String(errors),
    RESTARTS: ({ restarts }) => orDash(restarts),
    "LAST HOUR": ({ restartsLastHour, flapping }) => {
      const text = orDash(restartsLastHour);
      return flapping ? { text: `${text} flapping`, paint: paint.red } : text;
    },
    FAILED: ({ restartFailures }) => orDash(restartFailures),
    "LAST RESTART": ({ lastRestart }) => orDash(lastRestart, formatTime),
  }, status.services);
}

function probeLines({ services }: Status, paint: Paint): string[] {
  const hasSeveral = services.length > 1;
  const probes = services.flatMap(({ name, probes }) =>
    probes.map((probe) => ({ service: orDash(name), ...probe }))
  );
  const why = services.flatMap(({ name, diagnosis }) => {
    if (!diagnosis) return [];
    const text = (hasSeveral ? `${orDash(name)}: ` : "") + describeDiagnosis(diagnosis);
    return ["", paint.yellow(cut(sanitize(text), MOST_LINE))];
  });
  if (probes.length === 0) return why;
  return [
    ...why,
    "",
    ...table<ProbeStatus & { service: string }>({
      ...(hasSeveral && { SERVICE: ({ service }) => service }),
      PROBE: ({ name }) => name,
      STATE: ({ is, failed }) => ({
        text: failed || is === "ok" || is === "unknown" ? is : "not yet failed",
        paint: is === "unknown" ? paint.dim : paint[failed ? VERDICTS[is].colour : "green"],
      }),
      SINCE: ({ since }) => orDash(since, formatTime),
      "WHAT IT SEES": ({ text, advice, failed }) =>
        failed && advice !== null ? `${text}; ${advice}` : text,
    }, probes),
  ];
}

function serviceColour(
  { value, queryError, watched }: ServiceStatus,
  { maintenance }: Status,
  paint: Paint,
): (text: string) => string {
  if (
    maintenance || value === null || queryError !== null || !watched || value.endsWith("_PENDING")
  ) {
    return paint.yellow;
  }
  return value === "RUNNING" ? paint.green : paint.red;
}

function daemonLines(daemons: readonly DaemonStatus[], paint: Paint): string[] {
  const verdicts = daemons.some(({ verdict }) => verdict !== null);
  return table<DaemonStatus>({
    DAEMON: ({ name }) => name,
    STATE: (daemon) => ({
      text: daemon.problem === null ? daemon.state : "problem",
      paint: daemonColour(daemon, paint),
    }),
    THREADS: ({ threads }) => String(threads.length),
    UPTIME: ({ uptime }) => orDash(uptime, formatSpan),
    RESTARTS: ({ restarts }) => String(restarts),
    MEMORY: ({ heap }) => orDash(heap, formatBytes),
    ...(verdicts && {
      VERDICT: ({ verdict }: DaemonStatus) =>
        verdict === null ? "-" : {
          text: `${VERDICTS[verdict.level].text}: ${verdict.text}`,
          paint: paint[VERDICTS[verdict.level].colour],
        },
    }),
    ...(daemons.some(({ job }) => job !== null) && {
      "LAST RUN": ({ job }: DaemonStatus) =>
        orDash(job?.last, ({ at, outcome }) => `${formatTime(at)} ${outcome}`),
      "NEXT RUN": ({ job }: DaemonStatus) => orDash(job?.next, formatTime),
    }),
    "LAST ERROR": ({ problem, lastError }) => problem ?? orDash(lastError, formatLastError),
  }, daemons);
}

/** The last error of a daemon or a thread: when it was, and what it says. */
export function formatLastError({ at, message }: { at: string; message: string }): string {
  return `${formatTime(at)} ${message}`;
}

function daemonColour({ problem, state }: DaemonStatus, paint: Paint): (text: string) => string {
  if (problem !== null || state === "failed" || state === "frozen") return paint.red;
  if (["running", "finished", "scheduled"].includes(state)) return paint.green;
  return state === "disabled" ? paint.dim : paint.yellow;
}

const THREAD_COLUMNS: Columns<ThreadStatus> = {
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
    return { json: threads, text: table(THREAD_COLUMNS, threads) };
  },
};

/** `icinga-warden thread` */
export const threadCommand: Command = commandWithActions("thread", list.summary, { list });
