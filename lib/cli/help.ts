import { indented } from "./table.ts";
import { type Command, COMMON_FLAGS, type FlagSpecs } from "./command.ts";

/** The least width of what stands before an explanation, characters. */
const WIDTH = 34;

/** The help of the whole program. */
export function programHelp(commands: readonly Command[]): string {
  return [
    "icinga-warden keeps the Icinga 2 agent service running and hosts daemons of your own.",
    "",
    "Usage:",
    ...indented([
      ...commands.map((c) => [`icinga-warden ${c.name} ${c.words}`, c.summary]),
      ["icinga-warden --foreground", "the same as run --foreground"],
    ], WIDTH),
    "",
    "Everywhere:",
    ...flagLines(COMMON_FLAGS),
    "",
    "Exit codes: 0 done, 1 it failed, 2 usage or configuration, 3 the agent is not running.",
    "More about a command: icinga-warden help COMMAND",
  ].join("\n");
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  const flags = command.flags ?? {};
  const own = Object.keys(flags).length > 0 ? ["", "Flags:", ...flagLines(flags)] : [];
  const details = command.details ? ["", ...command.details] : [];
  return [
    `icinga-warden ${command.name}: ${command.summary}`,
    "",
    `Usage: icinga-warden ${command.name} ${command.words}`.trimEnd(),
    ...details,
    ...own,
    "",
    "Everywhere:",
    ...flagLines(COMMON_FLAGS),
  ].join("\n");
}

function flagLines(flags: FlagSpecs): string[] {
  return indented(
    Object.entries(flags).map(([name, { short, value = "", help }]) => {
      const letter = short === undefined ? "" : `-${short}, `;
      return [`${letter}--${name} ${value}`, help];
    }),
    WIDTH,
  );
}
