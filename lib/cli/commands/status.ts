import { formatBytes, formatSpan, formatTime, sanitize } from "../../base/mod.ts";
import { Client } from "../../control/client.ts";
import { serviceState } from "../../control/health.ts";
import type { DaemonStatus, Health, ServiceStatus, Status } from "../../control/status_schema.ts";
import { type Command, EXIT, refuseWords } from "../command.ts";
import { isColourful, type Paint, paint, print, printJson } from "../output.ts";
import { findPaths } from "../paths.ts";
import { type Cell, table } from "../table.ts";

/** `icinga-warden status` */
export const statusCommand: Command = {
  name: "status",
  words: "",
  summary: "show how the running agent, its services and its daemons are",
  details: [
    "With --json as docs/status.schema.json describes it. For a plugin's exit codes: check.",
  ],
  async run(invocation) {
    refuseWords(invocation.words);
    const client = await Client.connect(findPaths(invocation).home);
    const status = await client.get<Status>("/api/status");
    if (invocation.given.has("json")) printJson(status);
    else print(formatStatus(status, paint(isColourful())).join("\n"));
    return EXIT.done;
  },
};

/** The status for people, in lines. */
export function formatStatus(status: Status, paint: Paint): string[] {
  return [
    ...headLines(status, paint),
    ...(status.services.length > 0 ? ["", ...serviceLines(status, paint)] : []),
    ...(status.daemons.length > 0 ? ["", ...daemonLines(status.daemons, paint)] : []),
  ];
}

const VERDICTS: Readonly<Record<Health, { text: string; colour: "green" | "yellow" | "red" }>> = {
  ok: { text: "OK", colour: "green" },
  warning: { text: "WARNING", colour: "yellow" },
  critical: { text: "CRITICAL", colour: "red" },
  unknown: { text: "UNKNOWN", colour: "yellow" },
};

function headLines({ health, problems, agent, maintenance }: Status, paint: Paint): string[] {
  const { text, colour } = VERDICTS[health];
  const verdict = paint.bold(paint[colour](text));
  const summary = problems.map(({ text }) => sanitize(text)).join("; ") ||
    (maintenance ? "paused, so that nothing is restarted" : "all is well");
  const agentLine = [
    `icinga-warden ${agent.version} on ${sanitize(agent.host)}`,
    `up ${formatSpan(agent.uptime)}`,
    `process ${agent.pid}`,
    `${formatBytes(agent.memory)} of memory`,
    agent.mode,
  ].join(", ");
  return [
    `${verdict}: ${summary}`,
    paint.dim(agentLine),
    paint.dim(`home ${sanitize(agent.home)}`),
    ...(agent.lastEnd === "unclean" ? [paint.yellow("The previous run broke off")] : []),
    ...(maintenance ? [paint.yellow(pauseLine(maintenance))] : []),
  ];
}

function pauseLine({ since, until, by }: NonNullable<Status["maintenance"]>): string {
  const end = until === null ? "until 'icinga-warden resume'" : `until ${formatTime(until)}`;
  return `Paused by ${by === "service" ? "the service control manager" : "a command"} since ${
    formatTime(since)
  }, ${end}`;
}

function serviceLines(status: Status, paint: Paint): string[] {
  const rows = status.services.map((service): Cell[] => {
    const { name, restart_error, restarts, restartFailures, lastRestart } = service;
    const colour = serviceColour(service, status, paint);
    return [
      { text: name ?? service.daemon },
      { text: serviceState(service, status), paint: colour },
      { text: String(restart_error), ...(restart_error > 0 && { paint: paint.red }) },
      { text: String(restarts ?? "-") },
      { text: String(restartFailures ?? "-") },
      { text: lastRestart === null ? "-" : formatTime(lastRestart) },
    ];
  });
  return table(
    ["SERVICE", "STATE", "RESTART_ERROR", "RESTARTS", "FAILED", "LAST RESTART"],
    rows,
  );
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
  const rows = daemons.map((daemon): Cell[] => {
    const { name, state, problem, uptime, restarts, heap, threads, lastError } = daemon;
    const error = problem ?? (lastError && `${formatTime(lastError.at)} ${lastError.message}`);
    return [
      { text: name },
      { text: problem === null ? state : "problem", paint: daemonColour(daemon, paint) },
      { text: String(threads.length) },
      { text: uptime === null ? "-" : formatSpan(uptime) },
      { text: String(restarts) },
      { text: heap === null ? "-" : formatBytes(heap) },
      { text: error || "-" },
    ];
  });
  return table(
    ["DAEMON", "STATE", "THREADS", "UPTIME", "RESTARTS", "MEMORY", "LAST ERROR"],
    rows,
  );
}

function daemonColour({ problem, state }: DaemonStatus, paint: Paint): (text: string) => string {
  if (problem !== null || state === "failed" || state === "frozen") return paint.red;
  if (state === "running" || state === "finished") return paint.green;
  return state === "disabled" ? paint.dim : paint.yellow;
}
