/**
 * The command line: finds the command, checks what was typed, and turns what happens into an exit code.
 *
 * @module
 */
import { ConfigError } from "../config/mod.ts";
import { suggest } from "../config/nearest.ts";
import {
  type Command,
  COMMON_FLAGS,
  EXIT,
  type Invocation,
  refuseWords,
  UsageError,
} from "./command.ts";
import { NotRunningError } from "../control/client.ts";
import { checkCommand, PLUGIN_EXIT, pluginError } from "./check.ts";
import { configCommand } from "./config.ts";
import { daemonCommand } from "./daemon/mod.ts";
import { getCommand } from "./get.ts";
import { commandHelp, programHelp } from "./help.ts";
import { readLevel } from "./level.ts";
import { logsCommand } from "./logs.ts";
import { openCommand } from "./open.ts";
import { lostOutput, print, printError } from "./output.ts";
import { parse } from "./parse.ts";
import { pauseCommand, resumeCommand } from "./pause.ts";
import { runCommand } from "./run.ts";
import { serviceCommand } from "./service/mod.ts";
import { statusCommand } from "./status.ts";
import { versionCommand } from "./version.ts";
import { watchCommand } from "./watch.ts";

const helpCommand: Command = {
  name: "help",
  words: "[COMMAND]",
  summary: "show the help of a command",
  run({ words: [name, action, ...rest] }) {
    const command = name === undefined ? undefined : findCommand(name);
    // The help of `config check` is a line in that of `config`.
    refuseWords(action !== undefined && !takes(command, action) ? [action] : rest);
    return help(command);
  },
};

const COMMANDS: readonly Command[] = [
  runCommand,
  ...[statusCommand, getCommand, watchCommand, logsCommand, pauseCommand, resumeCommand],
  ...[checkCommand, openCommand, daemonCommand, serviceCommand],
  ...[configCommand, versionCommand, helpCommand],
];

/**
 * Runs one command line, without the program's name, and returns the exit code. Never throws.
 *
 * @param until ends a command that goes on by itself, instead of Ctrl+C.
 */
export async function runCommandLine(
  args: readonly string[],
  until?: AbortSignal,
): Promise<number> {
  try {
    const code = await dispatch(args, until);
    if (lostOutput() === undefined) return code;
    printError(`icinga-warden: Cannot write to standard output: ${lostOutput()}`);
    return code === EXIT.done ? EXIT.failed : code;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (commandIn(args)?.asPlugin) {
      print(pluginError(text));
      return PLUGIN_EXIT.unknown;
    }
    printError(error instanceof ConfigError ? text : `icinga-warden: ${text}`);
    return exitCodeOf(error);
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof ConfigError) return EXIT.usage;
  return error instanceof NotRunningError ? EXIT.notRunning : EXIT.failed;
}

/** The command that is most likely meant, when it cannot be known for certain. */
function commandIn(args: readonly string[]): Command | undefined {
  const names = COMMANDS.map(({ name }) => name);
  return COMMANDS[names.indexOf(args.find((arg) => names.includes(arg)) ?? "")];
}

/** Flags may stand anywhere; the first word that is no flag's value is the command. */
async function dispatch(args: readonly string[], until?: AbortSignal): Promise<number> {
  const invocation = parse(args, Object.assign({}, ...COMMANDS.map(({ flags }) => flags)));
  const [name, ...words] = invocation.words;
  const command = name === undefined ? impliedCommand(invocation) : findCommand(name);
  if (command) refuseForeignFlags(command, invocation);
  readLevel(invocation);
  if (invocation.given.has("help")) return help(command);
  if (invocation.given.has("version")) return await versionCommand.run(invocation);
  if (command) return await command.run({ ...invocation, words, until });
  if (args.length > 0) throw new UsageError("No command given; see 'icinga-warden help'");
  printError(programHelp(COMMANDS));
  return EXIT.usage;
}

/** `icinga-warden --foreground` means `icinga-warden run --foreground`. */
function impliedCommand({ given }: Invocation): Command | undefined {
  return given.has("foreground") ? runCommand : undefined;
}

function help(command: Command | undefined): number {
  print(command ? commandHelp(command) : programHelp(COMMANDS));
  return EXIT.done;
}

/** Whether a command has an action of this name, such as `check` of `config`. */
function takes(command: Command | undefined, action: string): boolean {
  return command !== undefined && command.words.split(/[|\s]/).includes(action);
}

function refuseForeignFlags({ name, flags = {} }: Command, { given, values }: Invocation): void {
  const typed = [...given, ...Object.keys(values).filter((flag) => values[flag] !== undefined)];
  const foreign = typed.find((flag) => !(flag in flags) && !(flag in COMMON_FLAGS));
  if (foreign === undefined) return;
  throw new UsageError(
    `Flag '--${foreign}' is not for '${name}'; see 'icinga-warden help ${name}'`,
  );
}

function findCommand(name: string): Command {
  const names = COMMANDS.map((command) => command.name);
  const command = COMMANDS[names.indexOf(name)];
  if (command) return command;
  throw new UsageError(`Unknown command '${name}'; ${suggest(name, names)}`);
}
