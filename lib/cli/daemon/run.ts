import { runAgent } from "../../agent/mod.ts";
import { type DaemonConfig, defaultDaemonConfig, type LoadedConfig } from "../../config/mod.ts";
import { withDefaults } from "../../daemon/mod.ts";
import { fillIn } from "../../registry/mod.ts";
import { type Action, EXIT, type Invocation, UsageError } from "../command.ts";
import { readRun, RUN_FLAGS } from "../commands/run.ts";
import { printError } from "../output.ts";
import { homeFlag } from "../paths.ts";
import { describeProblems, readGiven } from "./arguments.ts";
import { chooseSubject, DAEMON_FLAGS, describeMissing, findKnown, grantOf } from "./subject.ts";

const { simulate, scenario, mode } = RUN_FLAGS;

/** `icinga-warden daemon run NAME` */
export const runAction: Action = {
  words: "NAME [key=value...]",
  summary:
    "run one daemon in the foreground, as the agent would, until Ctrl+C; its log and state are in a temporary folder, so that an agent that runs from home is not disturbed",
  flags: { simulate, scenario, mode, ...DAEMON_FLAGS },
  async run(invocation) {
    const [name = "", ...words] = invocation.words;
    const { entry, needsServices } = await planEntry(name, words, invocation);
    const plan = readRun(withManager(invocation, needsServices));
    const folder = await Deno.makeTempDir({ prefix: "icinga-warden-run-" });
    const paths = { ...plan.paths, files: folder };
    const load = async () => alone(await plan.load(), name, entry);
    printError(`To see its state: icinga-warden status${homeFlag(folder)}; Ctrl+C ends it`);
    try {
      await runAgent({ ...plan, paths, load, foreground: true }, { anyPort: true });
    } finally {
      await Deno.remove(folder, { recursive: true }).catch(() => {});
    }
    return EXIT.done;
  },
};

/**
 * The daemon's entry as it would be registered.
 *
 * @throws {UsageError} when it would not run.
 */
async function planEntry(
  name: string,
  words: readonly string[],
  invocation: Invocation,
): Promise<{ entry: DaemonConfig; needsServices: boolean }> {
  const known = await findKnown(invocation);
  const { home } = known.paths;
  const subject = chooseSubject(name, known);
  const { given, description, problems } = await readGiven(subject, words, home);
  if (problems.length > 0) {
    throw new UsageError(`Cannot run '${name}': ${describeProblems(problems)}`);
  }
  const values = withDefaults(description.arguments, given);
  const permissions = invocation.given.has("grant")
    ? fillIn(description.permissions, { home, arguments: values })
    : subject.entry?.permissions;
  const { module } = subject;
  const entry = {
    ...defaultDaemonConfig(),
    ...subject.entry,
    ...(module !== null && { module }),
    arguments: given,
    permissions: permissions as DaemonConfig["permissions"],
    enabled: true,
  };
  const grant = grantOf({ ...subject, entry }, description, home);
  const [missing] = describeMissing(subject, grant);
  if (missing !== undefined) {
    throw new UsageError(`Cannot run '${name}': ${missing}, or add '--grant' here`);
  }
  return { entry, needsServices: grant.permissions.services ?? false };
}

/** A daemon without services runs on any system; `--scenario` alone is refused later, as `run` does. */
function withManager(invocation: Invocation, needsServices: boolean): Invocation {
  const isScenario = invocation.values.scenario !== undefined;
  if (needsServices || isScenario || Deno.build.os === "windows") return invocation;
  return { ...invocation, given: new Set([...invocation.given, "simulate"]) };
}

/** The configuration with this daemon alone, and nothing that an agent of the same home has already. */
function alone(loaded: LoadedConfig, name: string, entry: DaemonConfig): LoadedConfig {
  const { config } = loaded;
  const control = { listen: config.control.listen };
  return { ...loaded, config: { ...config, control, daemons: { [name]: entry } } };
}
