import { join } from "node:path";
import { excerpt, sanitize, suggest, toJson } from "../../base/mod.ts";
import { Client, NotRunningError } from "../../control/mod.ts";
import {
  formatLogLine,
  inOrder,
  type LogEntry,
  type LogFilter,
  readLogTail,
} from "../../log/mod.ts";
import { type Command, EXIT, type Invocation } from "../command.ts";
import { FOR_FLAG, readFlag, readLevel, readRunTime } from "../parse.ts";
import { print } from "../output.ts";
import { findHome } from "../paths.ts";
import { follow } from "./watch.ts";

/** How many records are shown. Default of `--lines`. */
const LINES = 50;

/** The largest value of `--lines`. */
const MOST_LINES = 1_000;

/** `icinga-warden logs` */
export const logsCommand: Command = {
  name: "logs",
  words: "",
  summary: "show the log of the running agent",
  details: [
    "Where no agent runs it shows what the last one has logged, and exits with 3. With --json one object a line.",
  ],
  flags: {
    follow: { short: "f", help: "go on with new records, until Ctrl+C" },
    daemon: { value: "NAME", help: "only records of this daemon" },
    level: { value: "LEVEL", help: "only records of this level and above" },
    lines: { value: "N", short: "n", help: `how many records to show first (default: ${LINES})` },
    for: FOR_FLAG,
  },
  async run(invocation) {
    const filter = { level: readLevel(invocation, "level"), daemon: invocation.values.daemon };
    const lines = readLines(invocation);
    const show = invocation.given.has("json") ? formatJson : formatLine;
    const printAll = (entries: readonly LogEntry[]) =>
      inOrder(entries).forEach((entry) => print(show(entry)));
    const span = readRunTime(invocation);
    const { home } = findHome(invocation);
    try {
      await showLog({ ...invocation, span }, home, { ...filter, lines }, printAll);
      return EXIT.done;
    } catch (error) {
      if (!(error instanceof NotRunningError) || invocation.given.has("follow")) throw error;
      printAll(readLogTail(join(home, "logs", "icinga-warden.log"), lines, filter));
      throw error;
    }
  },
};

function formatLine(entry: LogEntry): string {
  return sanitize(formatLogLine(entry));
}

/** The time as in all JSON: UTC, ISO 8601. */
function formatJson(entry: LogEntry): string {
  return toJson({ ...entry, time: new Date(entry.time).toISOString() });
}

async function showLog(
  invocation: Invocation & { span: number | undefined },
  home: string,
  filter: LogFilter & { lines: number },
  printAll: (entries: readonly LogEntry[]) => void,
): Promise<void> {
  const client = await Client.connect(home);
  const { lines, level, daemon } = filter;
  const query = { lines: String(lines), ...(level && { level }), ...(daemon && { daemon }) };
  const unknown = daemon === undefined ? undefined : await refusalOf(client, daemon);
  if (!invocation.given.has("follow")) {
    const entries = await client.get<LogEntry[]>(`/api/logs?${new URLSearchParams(query)}`);
    if (unknown !== undefined && entries.length === 0) throw new Error(unknown);
    return printAll(entries);
  }
  if (unknown !== undefined) throw new Error(unknown);
  await follow(
    client,
    { topics: "log", ...query },
    ({ data }) => printAll(data as LogEntry[]),
    invocation,
  );
}

/** Why there is nothing to wait for; the log may still hold records of a daemon that was unregistered. */
async function refusalOf(client: Client, daemon: string): Promise<string | undefined> {
  const { daemons } = await client.status();
  const names = daemons.map(({ name }) => name);
  if (names.includes(daemon)) return undefined;
  return `Flag '--daemon' is '${excerpt(daemon)}', and no such daemon is registered; ${
    suggest(daemon, names)
  }`;
}

function readLines(invocation: Invocation): number {
  const parse = (text: string) => {
    const lines = Number(text);
    return Number.isInteger(lines) && lines >= 0 && lines <= MOST_LINES ? lines : undefined;
  };
  return readFlag(invocation, "lines", parse, `a whole number from 0 to ${MOST_LINES}`) ?? LINES;
}
