import { builtinArguments } from "../../../daemons/mod.ts";
import type { AgentPaths } from "../../agent/mod.ts";
import { describeProblem, excerpt, isSameJson, suggest, toJson } from "../../base/mod.ts";
import {
  type Config,
  defaultDaemonConfig,
  parseConfig,
  removeFromText,
  rewriteConfig,
  setInText,
} from "../../config/mod.ts";
import { type DaemonPermissions, withDefaults } from "../../daemon/mod.ts";
import {
  describePermissions,
  fillIn,
  type Grant,
  refusePermissions,
  Registry,
} from "../../registry/mod.ts";
import { type Action, UsageError } from "../command.ts";
import { findPaths, loadAgentConfig } from "../paths.ts";
import { describeProblems, type GivenArguments, readGiven } from "./arguments.ts";
import {
  chooseSubject,
  DAEMON_FLAGS,
  describeMissing,
  findKnown,
  grantOf,
  origin,
  requireDaemonName,
  type Subject,
} from "./subject.ts";

/** `icinga-warden daemon register NAME key=value…` */
export const registerAction: Action = {
  words: "NAME [key=value...]",
  summary: "register a daemon, or change its arguments; the configuration is edited in place",
  flags: {
    module: {
      value: "MODULE",
      help: "daemon register: the module to run, a daemon's name or a path",
    },
    unset: {
      value: "KEY",
      many: true,
      help:
        "daemon register: an argument whose default is to count again; may be given several times",
    },
    grant: DAEMON_FLAGS.grant,
  },
  async run(invocation) {
    const [name = "", ...words] = invocation.words;
    requireDaemonName(name);
    const known = await findKnown(invocation);
    const { home, configFile: file } = known.paths;
    const subject = chooseSubject(name, known, invocation.values.module);
    const starts = `An agent that runs ${fromWhere(known.paths)} starts it within seconds.`;
    const unset = invocation.lists.unset ?? [];
    const { problems, ...read } = await readGiven(subject, words, home, unset);
    const { given, description } = read;
    if (problems.length > 0) {
      throw new UsageError(`Cannot register '${name}': ${describeProblems(problems)}`);
    }
    const values = withDefaults(description.arguments, given);
    const declared = fillIn(description.permissions, { home, arguments: values });
    const unusable = refusePermissions(declared);
    if (unusable !== undefined) throw new UsageError(`Cannot register '${name}': ${unusable}`);
    const entry = newEntry(subject, given, invocation.given.has("grant") ? declared : {});
    await rewrite(file, (text, config) => {
      const edited = editEntry(text, name, entry, config, unset);
      refuseOverlap(name, home, config, parseConfig(edited, file, builtinArguments).config);
      return edited;
    });
    const registered = { ...subject, entry: { ...defaultDaemonConfig(), ...entry } };
    const grant = grantOf(registered, description, home);
    return {
      json: { name, module: subject.module, file, arguments: given, ...grant },
      text: [
        `Registered ${name} (${origin(subject)}) in ${file}`,
        ...describeEntry(registered, read, grant, starts),
      ],
    };
  },
};

/**
 * @throws {UsageError} when the daemon names a service of another one, or leaves another one without one of its own, or
 * has what `run` would warn of.
 */
function refuseOverlap(name: string, home: string, before: Config, after: Config): void {
  const registry = new Registry(home);
  const builtin = (config: Config) =>
    registry.resolveBuiltin({ config, describe: describeProblem });
  const overlapping = (config: Config) => builtin(config).filter(({ runs }) => runs !== undefined);
  const [warning] = builtin(after).find((one) => one.name === name)?.warnings ?? [];
  if (warning !== undefined) throw new UsageError(`Cannot register '${name}': ${warning}`);
  const old = overlapping(before).map((daemon) => daemon.name);
  const fresh = overlapping(after).find((one) => one.name === name || !old.includes(one.name));
  if (fresh) throw new UsageError(`Cannot register '${name}': ${fresh.problem}`);
}

/** The agents that a change of the configuration reaches. */
function fromWhere({ configNamed }: AgentPaths): string {
  return configNamed ? "with this configuration" : "from this home";
}

/** `icinga-warden daemon unregister NAME` */
export const unregisterAction: Action = {
  words: "NAME",
  summary: "take a daemon's entry out of the configuration; its module stays where it is",
  async run(invocation) {
    const name = invocation.words[0]!;
    const paths = findPaths(invocation);
    const { configFile: file } = paths;
    const names = Object.keys((await loadAgentConfig(paths)).config.daemons);
    if (!names.includes(name)) {
      throw new UsageError(`'${excerpt(name)}' is not registered; ${suggest(name, names)}`);
    }
    await rewrite(file, (text) => removeFromText(text, ["daemons", name]));
    const stops = `an agent that runs ${fromWhere(paths)} stops it within seconds.`;
    return { json: { name, file }, text: `Unregistered ${name} in ${file}; ${stops}` };
  },
};

async function rewrite(
  file: string,
  edit: (text: string, config: Config) => string,
): Promise<void> {
  const parse = (text: string) => parseConfig(text, file, builtinArguments).config;
  await rewriteConfig(file, {
    edit: (text) => edit(text, parse(text)),
    check: (text) => void parse(text),
  });
}

interface Entry {
  module?: string;
  arguments: Record<string, unknown>;
  permissions?: DaemonPermissions;
}

function newEntry(
  { name, module, builtin, entry }: Subject,
  given: Record<string, unknown>,
  granted: DaemonPermissions,
): Entry {
  const typed = module ?? (builtin === name ? undefined : builtin);
  const permissions = Object.keys(granted).length > 0 ? granted : entry?.permissions;
  return {
    ...(typed !== undefined && { module: typed }),
    arguments: given,
    ...(permissions && { permissions }),
  };
}

/** Only what differs is changed, so that comments within an entry stay. */
function editEntry(
  text: string,
  name: string,
  { module, arguments: given, permissions }: Entry,
  { daemons: { [name]: old } }: Config,
  unset: readonly string[],
): string {
  if (!old) {
    return setInText(text, ["daemons", name], {
      ...(module !== undefined && { module }),
      ...(Object.keys(given).length > 0 && { arguments: given }),
      ...(permissions && { permissions }),
    });
  }
  let edited = unset.reduce(
    (text, key) => removeFromText(text, ["daemons", name, "arguments", key]),
    text,
  );
  const set = (key: string[], value: unknown, before: unknown) => {
    if (value === undefined || isSameJson(value, before)) return;
    edited = setInText(edited, ["daemons", name, ...key], value);
  };
  set(["module"], module, old.module);
  for (const [key, value] of Object.entries(given)) {
    set(["arguments", key], value, old.arguments[key]);
  }
  set(["permissions"], permissions, old.permissions);
  set(["enabled"], true, old.enabled);
  return edited;
}

function describeEntry(
  subject: Subject & { entry: Entry },
  { description, given, typed }: Omit<GivenArguments, "problems">,
  grant: Grant,
  starts: string,
): string[] {
  const values = Object.entries(description.arguments).map(([key, { default: value }]) => {
    if (typed.includes(key)) return `${key} = ${toJson(given[key])} (given)`;
    if (Object.hasOwn(given, key)) return `${key} = ${toJson(given[key])} (configuration)`;
    return `${key} = ${toJson(value)} (default)`;
  });
  const missing = describeMissing(subject, grant).map((line) => `  ${line}`);
  return [
    `  arguments    ${values.join(", ") || "none"}`,
    `  permissions  ${describePermissions(grant.permissions)}`,
    ...(missing.length > 0 ? missing : [starts]),
  ];
}
