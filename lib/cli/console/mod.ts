import { type AgentPaths, runAgent } from "../../agent/mod.ts";
import { sanitize } from "../../base/mod.ts";
import { Client, NotRunningError } from "../../control/mod.ts";
import { formatLogLine, type LogEntry } from "../../log/mod.ts";
import { type Command, EXIT, type Invocation } from "../command.ts";
import { readRun, readRunFlags, RUN_FLAGS } from "../commands/run.ts";
import { print, printError } from "../output.ts";
import { findHome } from "../paths.ts";
import { indented } from "../table.ts";
import { complete, splitWords, type Vocabulary } from "./complete.ts";
import { Prompt } from "./prompt.ts";

/** The command line that the console is part of. */
export interface CommandLine {
  /** Runs one line and returns the exit code; `until` ends a command that follows events. Never throws. */
  run(words: readonly string[], until: AbortSignal): Promise<number>;
  /** The commands. */
  commands(): Promise<readonly Command[]>;
}

/** Commands that cannot run in a console: they would start an agent or another console. */
const OUTSIDE = ["run", "console", "service"];

/** How long the console waits for an agent that it started, ms. */
const START_TIME = 30_000;

/** `icinga-warden console` */
export function consoleCommand(commandLine: CommandLine): Command {
  return {
    name: "console",
    words: "[--foreground]",
    summary: "a prompt on the running agent, or with --foreground on one that it starts itself",
    details: [
      "With history, completion of commands, paths and names, and every command that works on a running agent.",
      "With --foreground the agent ends with the console, and its log is shown above the prompt. Where an agent",
      "runs from this home already, the console attaches to that one.",
    ],
    flags: { ...RUN_FLAGS, foreground: { help: "start an agent, to develop and debug" } },
    async run(invocation) {
      readRunFlags(invocation);
      const place = findHome(invocation);
      const running = await findAgent(place.home);
      if (running !== undefined) return await attach(commandLine, place, running, invocation);
      if (!invocation.given.has("foreground")) await Client.connect(place.home).then(askPid);
      return await startAndAttach(commandLine, place, invocation);
    },
  };
}

/** The process id of the agent that runs from a home; undefined when none does. */
async function findAgent(home: string): Promise<number | undefined> {
  try {
    return await askPid(await Client.connect(home));
  } catch (error) {
    if (error instanceof NotRunningError) return undefined;
    throw error;
  }
}

async function askPid(client: Client): Promise<number> {
  return (await client.status()).agent.pid;
}

async function attach(
  commandLine: CommandLine,
  place: AgentPaths,
  pid: number,
  { given }: Invocation,
): Promise<number> {
  if (given.has("foreground")) {
    print(`An agent already runs from ${place.home}: attached to it; it goes on when you leave`);
  }
  print(`Attached to process ${pid}; 'help' shows what there is, 'exit' leaves`);
  await converse(commandLine, place, new AbortController().signal);
  return EXIT.done;
}

/** The agent's log is read from its control endpoint, as by any other console. */
async function startAndAttach(
  commandLine: CommandLine,
  place: AgentPaths,
  invocation: Invocation,
): Promise<number> {
  const stop = new AbortController();
  const ended = new AbortController();
  const plan = readRun({ ...invocation, until: stop.signal });
  const agent = runAgent(plan, { quiet: true, anyPort: true })
    .finally(() => ended.abort());
  try {
    const pid = await Promise.race([untilItAnswers(place.home, ended.signal), agent]);
    print(`Started an agent in process ${pid}; 'help' shows what there is, 'exit' ends it`);
    await converse(commandLine, place, ended.signal, true);
  } finally {
    stop.abort();
  }
  await agent;
  return EXIT.done;
}

async function untilItAnswers(home: string, ended: AbortSignal): Promise<number> {
  for (const end = performance.now() + START_TIME; !ended.aborted && performance.now() < end;) {
    const pid = await findAgent(home);
    if (pid !== undefined) return pid;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new NotRunningError("The agent does not answer; its log says why");
}

/** Runs one command a line until `exit`, the end of input, or the end of the agent. */
async function converse(
  commandLine: CommandLine,
  place: AgentPaths,
  ended: AbortSignal,
  withLog = false,
): Promise<void> {
  let current: AbortController | undefined;
  const prompt = new Prompt({
    complete: async (line) => complete(line, await learn(commandLine, place.home)),
    interrupt: () => {
      current?.abort();
      return current !== undefined;
    },
  });
  const leave = new AbortController();
  ended.addEventListener("abort", () => prompt.close());
  if (withLog) void showLog(place.home, prompt, leave.signal);
  for (let line; (line = await prompt.ask()) !== undefined;) {
    const words = splitWords(line);
    if (words === undefined) printError("A quote is not closed");
    else if (words[0] === "exit" || words[0] === "quit") break;
    else if (words[0] !== undefined) {
      current = new AbortController();
      await runLine(commandLine, place, words, current, prompt);
      current = undefined;
    }
  }
  leave.abort();
  prompt.close();
}

/** A command that follows events ends at Ctrl+C, and at the next line. */
async function runLine(
  commandLine: CommandLine,
  { home, configFile, configNamed }: AgentPaths,
  words: readonly string[],
  current: AbortController,
  prompt: Prompt,
): Promise<void> {
  if (OUTSIDE.includes(words[0]!)) {
    return printError(`'${words[0]}' is not for the console; leave it with 'exit' first`);
  }
  if (words[0] === "help" && words.length === 1) {
    return print(helpText(await insideCommands(commandLine)));
  }
  const place = ["--home", home, ...(configNamed ? ["--config", configFile] : [])];
  const goesOn = (words[0] === "watch" || words[0] === "logs") && !words.some(isSpan);
  if (goesOn) void prompt.pending().then(() => current.abort());
  await commandLine.run([...words, ...place], current.signal);
}

/** Whether a word is the flag that limits the time. */
function isSpan(word: string): boolean {
  return /^--for(=|$)/.test(word);
}

function helpText(commands: readonly Command[]): string {
  const lines = commands.map(({ name, words, summary }) => [
    `${name} ${words.length > 16 ? "…" : words}`.trimEnd(),
    summary,
  ]);
  return indented([...lines, ["exit", "leave the console"]]).join("\n");
}

async function insideCommands(commandLine: CommandLine): Promise<readonly Command[]> {
  return (await commandLine.commands()).filter(({ name }) => !OUTSIDE.includes(name));
}

async function learn(commandLine: CommandLine, home: string): Promise<Vocabulary> {
  const inside = await insideCommands(commandLine);
  const commands = new Map<string, readonly string[]>(
    inside.map(({ name, words }) => [name, /^[a-z|]+$/.test(words) ? words.split("|") : []]),
  );
  const client = await Client.connect(home);
  const [paths, { daemons }] = await Promise.all([
    client.get<string[]>("/api/paths"),
    client.status(),
  ]);
  commands.set("help", inside.map(({ name }) => name));
  commands.set("exit", []);
  // readline prints what it completes without sanitizing it.
  const shown = paths.filter((path) => sanitize(path) === path);
  return { commands, paths: shown, daemons: daemons.map(({ name }) => name) };
}

/** Shows the log from the agent's start on. */
async function showLog(home: string, prompt: Prompt, until: AbortSignal): Promise<void> {
  try {
    const client = await Client.connect(home);
    const { agent } = await client.status();
    const begin = Date.parse(agent.started) - 1_000;
    const query = new URLSearchParams({ topics: "log", lines: "100" });
    for await (const { data } of client.events(query, until)) {
      for (const entry of data as LogEntry[]) {
        if (entry.time >= begin) prompt.above(sanitize(formatLogLine(entry)));
      }
    }
  } catch {
    // The agent has ended, and the console ends too.
  }
}
