import { join } from "node:path";
import { cut, sanitize } from "../base/mod.ts";
import { ownAddresses } from "./connections.ts";
import { EVENT_LOG, type ReadEvents } from "./event_log.ts";
import { type IcingaFolder, listFolder, readEnd } from "./folder.ts";

/** A line of Icinga's log. */
export interface LogLine {
  /** ms since the Unix epoch. */
  at: number;
  /** `critical`, `warning` and so on. */
  severity: string;
  /** Component and message: `ApiListener: Client TLS handshake failed …`. */
  text: string;
}

/** How much of the log's end is read, bytes. */
const TAIL = 64 * 1024;

/** `[2026-11-28 10:11:12 +0100] critical/ApiListener: …`; Windows writes the zone in words, which says no offset. */
const LINE = /^\[(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) ?([^\]]*)\] (\w+)\/(\w+: .*)$/;

/** The lines of a part of the log, the oldest first; lines that follow one without a time belong to it and are left out. */
export function parseLog(text: string): LogLine[] {
  return text.split("\n").flatMap((line) => {
    const [, date, time, zone = "", severity = "", said = ""] = LINE.exec(line) ?? [];
    if (date === undefined) return [];
    const offset = /^[+-]\d{4}$/.test(zone) ? zone.replace(/(..)$/, ":$1") : "";
    const at = Date.parse(`${date}T${time}${offset}`);
    return { at, severity, text: cut(sanitize(said), 300) };
  });
}

/** Whether a connection from this host itself, such as that of a probe, has caused a line. */
function isOwn(text: string, own: ReadonlySet<string>): boolean {
  const [, address] = /from \[(?:::ffff:)?([^\]]+)\]/.exec(text) ?? [];
  return address !== undefined && (/^(?:127\.0\.0\.1|::1)$/.test(address) || own.has(address));
}

/**
 * The last lines that Icinga calls critical and that no connection of this host's own has caused.
 *
 * @param own the addresses of this host.
 */
export function criticalLines(
  lines: readonly LogLine[],
  most = 3,
  own: ReadonlySet<string> = ownAddresses(),
): LogLine[] {
  return lines.filter(({ severity, text }) => severity === "critical" && !isOwn(text, own))
    .slice(-most);
}

/** The end of Icinga's log. */
export interface IcingaLog {
  /** The oldest first. */
  lines: LogLine[];
  /** Where they are: the file, or the event log. */
  place: string;
}

/**
 * The end of Icinga's log: its file, or the Windows event log where the file has no line since a time and the event log
 * has: the file is missing, or was left behind when Icinga began to write there.
 *
 * @param since ms since the Unix epoch; older lines may be among those of the file.
 */
export async function readLog(
  { log }: IcingaFolder,
  since: number,
  events?: ReadEvents,
): Promise<IcingaLog> {
  const file = join(log, "icinga2.log");
  const lines = parseLog(await readEnd(file, TAIL));
  if (events && !lines.some(({ at }) => isSince(at, since))) {
    const found = parseLog(await events(since));
    if (found.length > 0) return { lines: found, place: EVENT_LOG };
  }
  return { lines, place: file };
}

/** A report that Icinga left when it crashed. */
export interface CrashReport {
  /** The file. */
  file: string;
  /** When it was written, ms since the Unix epoch. */
  at: number;
  /** Its first line that is not empty, or that it has none. */
  line: string;
}

/** The crash reports since a time, the newest first. */
export async function readCrashes({ log }: IcingaFolder, since: number): Promise<CrashReport[]> {
  const files = (await listFolder(join(log, "crash")))
    .filter(({ path, modified }) => /[\\/]report\.[^\\/]*$/.test(path) && isSince(modified, since))
    .sort((a, b) => b.modified - a.modified).slice(0, 10);
  return await Promise.all(files.map(async ({ path, modified }) => {
    const line = (await readEnd(path, TAIL)).split("\n").find((line) => line.trim() !== "") ??
      "the file is empty";
    return { file: path, at: modified, line: cut(sanitize(line), 300) };
  }));
}

/**
 * What a line of the log says about a refused connection: a pattern of Icinga's own words (2.13.6), what it means, and
 * how to fix it.
 */
const REASONS: readonly [pattern: RegExp, meaning: string, advice: string][] = [
  [
    /certificate validation failed\b.*certificate has expired/i,
    "the certificate of the other side has expired",
    "renew it there",
  ],
  [
    /certificate validation failed\b/i,
    "the certificate of one side is not signed by the CA of the other",
    "run 'icinga2 node wizard' anew, or copy the master's ca.crt and have the certificate signed by it",
  ],
  [
    /Unexpected certificate common name while connecting to endpoint/,
    "the parent's certificate has another name than its endpoint",
    "name the endpoint in zones.conf as the parent's certificate is named",
  ],
  [
    /no Endpoint object found for identity|Ignoring anonymous JSON-RPC connection/,
    "who connects is no endpoint here, or has no certificate of this CA",
    "name the endpoint in zones.conf as the certificate of the other side is named",
  ],
  [
    /Invalid endpoint origin \(client not allowed\)|: Unauthorized access\./,
    "the other side is not of a parent zone of this one",
    "make the zones in zones.conf of both sides equal",
  ],
];

/** A clock is not as exact as to the second, ms. */
const SLACK = 60_000;

/**
 * Whether something happened since a time, as the clock of the host tells it; what is of the future was before that clock
 * was set back.
 */
export function isSince(at: number, since: number, now: number = Date.now()): boolean {
  return at >= since && at <= now + SLACK;
}

/** Icinga tries to write its state every 300 s; within this time it has tried twice, ms. */
export const TRIED_WITHIN = 10 * 60_000;

/**
 * What the log says of a state file that Icinga tries to write: the first critical line after the last attempt, else that
 * attempt. Undefined: the last attempt is more than 10 min old, so Icinga may hang, or its log has no such lines.
 */
export function stateAttempt(
  lines: readonly LogLine[],
  now: number = Date.now(),
): string | undefined {
  const isAttempt = ({ at, text }: LogLine) =>
    /^ConfigObject: Dumping program state/.test(text) && isSince(at, now - TRIED_WITHIN, now);
  const after = lines.slice(lines.findLastIndex(isAttempt)).filter((line, i) =>
    i === 0 ? isAttempt(line) : line.severity === "critical"
  );
  return (after[1] ?? after[0])?.text;
}

/** Why the parent and this node are not connected, from the newest such line of the log since a time. */
export function refusalIn(
  lines: readonly LogLine[],
  since: number,
  own: ReadonlySet<string> = ownAddresses(),
): { line: string; meaning: string; advice: string } | undefined {
  for (const { at, text } of lines.toReversed()) {
    const reason = isSince(at, since) && !isOwn(text, own) &&
      REASONS.find(([pattern]) => pattern.test(text));
    if (reason) return { line: text, meaning: reason[1], advice: reason[2] };
  }
  return undefined;
}
