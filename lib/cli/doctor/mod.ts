import { join } from "node:path";
import { builtinDaemons } from "../../../daemons/mod.ts";
import { CLOCK_SET, findIcingaFolder, icingaHost, targetsOf } from "../../agent/mod.ts";
import { attempt, counted, errorMessage, sanitize, systemClock } from "../../base/mod.ts";
import { readLogTail } from "../../log/mod.ts";
import { Client, type Status } from "../../control/mod.ts";
import { lookAt, readCrashes, Sampler, stateFault } from "../../icinga/mod.ts";
import { logonRight, windowsHost } from "../../windows/mod.ts";
import type { Command } from "../command.ts";
import { readSpan } from "../parse.ts";
import { isColourful, type Paint, paint } from "../output.ts";
import { findPaths, loadAgentConfig } from "../paths.ts";
import { align, fold } from "../table.ts";
import { type Facts, type Finding, findingsOf, LEVELS, SIMULATED } from "./findings.ts";

/** The limit of a TLS handshake, ms; all checks together take less than 2 s. */
const HANDSHAKE = 1_500;

/** Crash reports that are older are not shown, ms. */
const DAY = 24 * 60 * 60_000, WEEK = 7 * DAY;

/** `icinga-warden doctor` */
export const doctorCommand: Command = {
  name: "doctor",
  words: "",
  summary: "check Icinga 2 on this host once: what is wrong, and how to fix it",
  details: [
    "Works whether the agent runs or not. Changes nothing.",
    "Exit codes: 0 no problem, 1 a problem (with --strict a warning too).",
    "The form of --json: icinga-warden docs doctor.schema",
  ],
  flags: {
    strict: { help: "exit with 1 for a warning too" },
    timeout: {
      value: "DURATION",
      help: "how long 'icinga2 daemon -C' may take (default: 60s)",
    },
  },
  async run(invocation) {
    const limit = readSpan(invocation, "timeout", "30s or 2m", { min: 1, max: 3_600_000 }) ??
      60_000;
    const { home, ...paths } = findPaths(invocation);
    const { config } = await loadAgentConfig({ home, ...paths });
    const agent = await askAgent(home);
    const clockStep = attempt(() => lastClockStep(home, Date.now()), () => undefined);
    const services = await Promise.all(
      icingaServices(config.daemons).map(async ({ service, dataDir, probes: items, isWatched }) => {
        if (agent?.agent.simulated && dataDir === "") {
          return { service, dataDir, dataDirFound: "", findings: SIMULATED };
        }
        const facts = { ...await collect(service, dataDir, limit), clockStep };
        const probes = agent?.services.find(({ name }) => name === service)?.probes;
        const findings = findingsOf({ ...facts, items, isWatched, agent: agent && (probes ?? []) });
        const { root, found } = facts.folder;
        return { service, dataDir: root, dataDirFound: found, findings };
      }),
    );
    const levels = new Set(services.flatMap(({ findings }) => findings.map(({ level }) => level)));
    const fails = levels.has("problem") ||
      (invocation.given.has("strict") && levels.has("warning"));
    const colours = paint(isColourful());
    return {
      json: { services },
      text: services.flatMap(({ service, dataDir, dataDirFound, findings }) => [
        dataDir === ""
          ? sanitize(service)
          : `${sanitize(service)}, its files in ${sanitize(`${dataDir} (${dataDirFound})`)}`,
        ...formatFindings(findings, colours),
      ]),
      code: fails ? 1 : 0,
    };
  },
};

/** The findings in lines, each with how to fix it. */
export function formatFindings(findings: readonly Finding[], paint: Paint): string[] {
  const colours = {
    problem: paint.red,
    warning: paint.yellow,
    unknown: paint.dim,
    ok: paint.green,
  };
  const rows = findings.map(({ level, check, text, mend }) => {
    const todo = mend === null || level === "ok" ? "" : `; fix: ${mend}`;
    return [level.toUpperCase(), check, sanitize(text + todo)];
  });
  const lines = align(rows).map((row, i) => {
    const { level } = findings[i]!;
    const line = fold(row);
    return colours[level](line.slice(0, level.length)) + line.slice(level.length);
  });
  const sum = LEVELS.flatMap((level) => {
    const count = findings.filter((finding) => finding.level === level).length;
    if (count === 0) return [];
    return level === "problem" || level === "warning" ? counted(count, level) : `${count} ${level}`;
  });
  return [...lines, sum.join(", ")];
}

/** The services of Icinga 2 that the configuration names; the usual one where it names none. */
function icingaServices(
  daemons: Awaited<ReturnType<typeof loadAgentConfig>>["config"]["daemons"],
): { service: string; dataDir: string; probes: string[]; isWatched: boolean }[] {
  const found = Object.entries(daemons).flatMap(([name, { module, enabled, arguments: given }]) => {
    const specs = builtinDaemons.get(module ?? name)?.definition.arguments ?? {};
    const probes = Array.isArray(given.probes) ? given.probes.map(String) : [];
    return targetsOf(specs, given).filter(({ look }) => look === "icinga")
      .map(({ service, dataDir }) => ({ service, dataDir, probes, isWatched: enabled }));
  });
  return found.length > 0 ? found : [
    { service: "icinga2", dataDir: "", probes: [], isWatched: false },
  ];
}

/** What the agent that runs from home knows; undefined when none runs. */
async function askAgent(home: string): Promise<Pick<Status, "agent" | "services"> | undefined> {
  try {
    return await (await Client.connect(home, "monitor")).get<Status>("/api/status", 1_000);
  } catch {
    return undefined;
  }
}

/** Reads all facts once; a failure becomes a finding. */
async function collect(
  service: string,
  dataDir: string,
  limit: number,
): Promise<Omit<Facts, "items" | "isWatched" | "agent" | "clockStep">> {
  const folder = await findIcingaFolder(service, dataDir);
  const { sources, validate } = await icingaHost(service, folder);
  const now = Date.now();
  const sampler = new Sampler({
    folder,
    sources,
    every: 1,
    clock: systemClock,
    limit: HANDSHAKE,
  });
  const features = join(folder.config, "features-enabled");
  const [stateFile, sample, validation, crashes, debugLog, clock, config] = await Promise.all([
    stateFault(folder).catch(errorMessage),
    sampler.take(),
    validate(limit),
    readCrashes(folder, now - WEEK).catch(() => []),
    lookAt(join(features, "debuglog.conf")).catch(() => undefined),
    readClock(),
    // One that may not be looked at is there.
    lookAt(folder.config).catch(() => true),
  ]);
  const isWindows = Deno.build.os === "windows";
  const { database } = windowsHost;
  const registration = isWindows ? database.find(service) ?? null : undefined;
  return {
    service,
    folder,
    hasFolder: config !== undefined,
    registration,
    logon: registration
      ? attempt(() => logonRight(registration.account), () => undefined)
      : undefined,
    status: isWindows ? database.query(service) : undefined,
    sample,
    validation,
    crashes,
    stateFile,
    hasDebugLog: debugLog !== undefined,
    clock,
    now,
  };
}

/** The last record of the agent's log, not older than a day, that says that the clock was set. */
function lastClockStep(home: string, now: number): string | undefined {
  const records = readLogTail(join(home, "logs", "icinga-warden.log"), Infinity, {
    level: "warning",
  });
  const step = records.findLast(({ message }) => message.startsWith(CLOCK_SET));
  return step && now - step.time < DAY ? step.message : undefined;
}

async function readClock(): Promise<string | undefined> {
  if (Deno.build.os !== "windows") return undefined;
  try {
    const program = join(Deno.env.get("SystemRoot") ?? "", "System32", "w32tm.exe");
    const { success, stdout } = await new Deno.Command(program, {
      args: ["/query", "/status"],
      stdin: "null",
      stderr: "null",
      signal: AbortSignal.timeout(HANDSHAKE),
    }).output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch {
    return undefined;
  }
}
