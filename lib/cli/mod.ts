/**
 * The command line: finds the command, checks what was typed, and turns what happens into an exit code.
 *
 * @module
 */
import { errorMessage, excerpt, suggest, toJson } from "../base/mod.ts";
import { ConfigError } from "../config/mod.ts";
import { NotRunningError } from "../control/mod.ts";
import {
  checkWords,
  type Command,
  COMMON_FLAGS,
  EXIT,
  type FlagSpecs,
  type Invocation,
  refuseWords,
  unknownAction,
  UsageError,
} from "./command.ts";
import { commandHelp, programHelp } from "./help.ts";
import {
  explainSystem,
  print,
  printError,
  printJson,
  takeLostOutput,
  takePrinted,
} from "./output.ts";
import { parse, readLevel } from "./parse.ts";
import { fold } from "./table.ts";

const helpCommand: Command = {
  name: "help",
  words: "[COMMAND]",
  checksWords: true,
  summary: "show the help of a command",
  async run({ words: [name, action, ...rest], given }) {
    const command = name === undefined ? undefined : await loadCommand(name);
    // The help of `config check` is a line in that of `config`.
    const actions = command && /^[a-z]/.test(command.words) ? command.words.split("|") : [];
    if (action !== undefined && actions.length > 0 && !actions.includes(action)) {
      throw unknownAction(command!.name, action, actions);
    }
    refuseWords(actions.length > 0 || action === undefined ? rest : [action], "help [COMMAND]");
    return await help(command, given);
  },
};

/** The commands in the order of the help. Each is loaded when it is called, so that an agent does not hold the others. */
const COMMANDS: Readonly<Record<string, () => Command | Promise<Command>>> = {
  run: async () => (await import("./commands/run.ts")).runCommand,
  status: async () => (await import("./commands/status.ts")).statusCommand,
  get: async () => (await import("./commands/get.ts")).getCommand,
  watch: async () => (await import("./commands/watch.ts")).watchCommand,
  logs: async () => (await import("./commands/logs.ts")).logsCommand,
  pause: async () => (await import("./commands/pause.ts")).pauseCommand,
  resume: async () => (await import("./commands/pause.ts")).resumeCommand,
  thread: async () => (await import("./commands/status.ts")).threadCommand,
  console: async () =>
    (await import("./console/mod.ts")).consoleCommand({ run: runCommandLine, commands: loadAll }),
  check: async () => (await import("./commands/check.ts")).checkCommand,
  doctor: async () => (await import("./doctor/mod.ts")).doctorCommand,
  report: async () => (await import("./commands/report.ts")).reportCommand,
  open: async () => (await import("./commands/open.ts")).openCommand,
  daemon: async () => (await import("./daemon/mod.ts")).daemonCommand,
  service: async () => (await import("./service/mod.ts")).serviceCommand,
  config: async () => (await import("./commands/config.ts")).configCommand,
  secret: async () => (await import("./commands/secret.ts")).secretCommand,
  types: async () => (await import("./daemon/types.ts")).typesCommand,
  docs: async () => (await import("./commands/docs.ts")).docsCommand,
  completion: async () => (await import("./commands/completion.ts")).completionCommand(loadAll),
  version: async () => (await import("./commands/version.ts")).versionCommand,
  help: () => helpCommand,
};

/**
 * Runs one command line, without the program's name, and returns the exit code. Never throws.
 *
 * @param until ends a command that follows events, instead of Ctrl+C.
 */
export async function runCommandLine(
  args: readonly string[],
  until?: AbortSignal,
): Promise<number> {
  let command: Command | undefined;
  takeLostOutput(); // of an earlier command of the console
  takePrinted();
  try {
    const name = commandName(args) ?? await impliedCommand(args);
    command = name === undefined ? undefined : await loadCommand(name);
    const code = await dispatch(command, args, until);
    const lost = takeLostOutput();
    if (lost === undefined) return code;
    const text = `Cannot write to standard output: ${lost}`;
    printError(`icinga-warden: ${text}`);
    if (command?.fail) return command.fail(text, isJson(args));
    return code === EXIT.done ? EXIT.failed : code;
  } catch (error) {
    const text = explainSystem(errorMessage(error));
    if (command?.fail) return command.fail(text, isJson(args));
    if (isJson(args) && !takePrinted()) print(toJson({ error: text })); // one line, as watch prints
    printError(error instanceof ConfigError ? text : `icinga-warden: ${text}`);
    return exitCodeOf(error);
  }
}

/** Whether `--json` was typed; the rest of the command line may be wrong. */
function isJson(args: readonly string[]): boolean {
  return args.slice(0, args.includes("--") ? args.indexOf("--") : undefined).includes("--json");
}

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof ConfigError) return EXIT.usage;
  return error instanceof NotRunningError ? EXIT.notRunning : EXIT.failed;
}

async function dispatch(
  command: Command | undefined,
  args: readonly string[],
  until?: AbortSignal,
): Promise<number> {
  const invocation = parse(args, command?.flags ?? {}, command?.name);
  const [name, ...words] = invocation.words;
  if (name !== undefined && name !== command?.name) await loadCommand(name);
  readLevel(invocation);
  if (invocation.given.has("help")) return await help(command, invocation.given);
  if (invocation.given.has("version")) {
    return await call(await loadCommand("version"), { ...invocation, words });
  }
  if (command) return await call(command, { ...invocation, words, until });
  if (args.length > 0) throw new UsageError("No command given; see 'icinga-warden help'");
  printError(fold(programHelp(await loadAll())));
  return EXIT.usage;
}

async function call(command: Command, invocation: Invocation): Promise<number> {
  if (!command.checksWords) checkWords(invocation.words, command.name, command);
  const result = await command.run(invocation);
  if (typeof result === "number") return result;
  const { json, text, code = EXIT.done } = result;
  if (invocation.given.has("json")) printJson(json);
  else print([text].flat().join("\n"));
  return code;
}

/**
 * The name of the command. Flags may stand anywhere, and a word before the command can be the value of one of its own
 * flags. `icinga-warden --foreground` means `icinga-warden run --foreground`.
 */
function commandName(args: readonly string[]): string | undefined {
  const words = args.filter((arg, i) => !arg.startsWith("-") && !takesValue(args[i - 1]));
  const implied = args.includes("--foreground") ? "run" : undefined;
  return words.find((word) => Object.hasOwn(COMMANDS, word)) ?? implied ?? words[0];
}

/** What an exe does that was started with nothing but its name: as a service it runs the agent. */
async function impliedCommand(args: readonly string[]): Promise<string | undefined> {
  if (args.length > 0 || Deno.build.os !== "windows") return undefined;
  const { isStartedAsService } = await import("../windows/mod.ts");
  return isStartedAsService() ? "run" : undefined;
}

function takesValue(flag = ""): boolean {
  const specs: FlagSpecs = COMMON_FLAGS;
  return flag.startsWith("--") && specs[flag.slice(2)]?.value !== undefined;
}

async function help(
  command: Command | undefined,
  given: Invocation["given"],
): Promise<number> {
  const text = command ? commandHelp(command) : programHelp(await loadAll());
  if (given.has("json")) printJson({ command: command?.name ?? null, text });
  else print(fold(text));
  return EXIT.done;
}

/** The command of a name. @throws {UsageError} when there is none. */
export async function loadCommand(name: string): Promise<Command> {
  const names = Object.keys(COMMANDS);
  if (names.includes(name)) return await COMMANDS[name]!();
  throw new UsageError(`Unknown command '${excerpt(name)}'; ${suggest(name, names)}`);
}

async function loadAll(): Promise<Command[]> {
  return await Promise.all(Object.keys(COMMANDS).map(loadCommand));
}
