import { builtinArguments } from "../../../daemons/mod.ts";
import type { AgentPaths } from "../../agent/home.ts";
import { defaultDaemonConfig, parseConfig, rewriteConfig, setInText } from "../../config/mod.ts";
import { withDefaults } from "../../daemon/arguments.ts";
import { type DaemonDescription, refuseDaemonName } from "../../daemon/check.ts";
import type { DaemonPermissions } from "../../daemon/permissions.ts";
import { describePermissions, fillIn } from "../../registry/grant.ts";
import { EXIT, UsageError } from "../command.ts";
import { print, printJson } from "../output.ts";
import { findPaths, loadAgentConfig } from "../paths.ts";
import { type Action, requireName } from "./action.ts";
import { describeProblems, readGiven } from "./arguments.ts";
import { describeMissing, origin, quote, standingPermissions } from "./describe.ts";
import { findSubject, listKnown, type Subject } from "./subject.ts";

/** `icinga-warden daemon register NAME key=value…` */
export const registerAction: Action = {
  words: "NAME [key=value...]",
  summary: "put a daemon to work, or change its arguments; the configuration is edited in place",
  flags: {
    module: {
      value: "MODULE",
      help: "daemon register: the module to run, a daemon's name or a path",
    },
    grant: { help: "daemon register, daemon test: grant the permissions that the module declares" },
  },
  async run(invocation) {
    const [word, ...words] = invocation.words;
    const name = requireName("register", word);
    const refusal = refuseDaemonName(name);
    if (refusal !== undefined) {
      throw new UsageError(`'${name}' is no name for a daemon; ${refusal}`);
    }
    const place = findPaths(invocation);
    const known = await listKnown(place, await loadAgentConfig(place));
    const subject = findSubject(name, known, invocation.values.module);
    const { given, description, problems } = await readGiven(subject, words);
    if (problems.length > 0) {
      throw new UsageError(`Cannot register '${name}': ${describeProblems(problems)}`);
    }
    const entry = newEntry(subject, given, description, place, invocation.given.has("grant"));
    await writeEntry(place, name, entry);
    const registered = { ...subject, entry: { ...defaultDaemonConfig(), ...entry } };
    report(registered, description, place, invocation.given.has("json"));
    return EXIT.done;
  },
};

interface Entry {
  module?: string;
  arguments: Record<string, unknown>;
  permissions?: DaemonPermissions;
}

function newEntry(
  subject: Subject,
  given: Record<string, unknown>,
  description: DaemonDescription,
  { home }: AgentPaths,
  grant: boolean,
): Entry {
  const builtin = subject.builtin === subject.name ? undefined : subject.builtin;
  const module = subject.module ?? builtin;
  const values = withDefaults(description.arguments, given);
  const declared = fillIn(description.permissions, { home, arguments: values });
  const permissions = grant && Object.keys(declared).length > 0
    ? declared
    : subject.entry?.permissions;
  return {
    ...(module !== undefined && { module }),
    arguments: given,
    ...(permissions && { permissions }),
  };
}

async function writeEntry(
  { configFile }: AgentPaths,
  name: string,
  entry: Entry,
): Promise<void> {
  await rewriteConfig(configFile, {
    edit: (text) => editEntry(text, name, entry, parseConfig(text, configFile, builtinArguments)),
    check: (text) => void parseConfig(text, configFile, builtinArguments),
  });
}

/** Only what differs is touched, so that comments within an entry stay. */
function editEntry(
  text: string,
  name: string,
  { arguments: given, ...entry }: Entry,
  before: ReturnType<typeof parseConfig>,
): string {
  const old = before.daemons[name];
  if (!old) {
    const rest = Object.keys(given).length > 0 ? { arguments: given } : {};
    const { permissions, ...module } = entry;
    return setInText(text, ["daemons", name], {
      ...module,
      ...rest,
      ...(permissions && { permissions }),
    });
  }
  const set = (text: string, key: string[], value: unknown, was: unknown) =>
    JSON.stringify(value) === JSON.stringify(was)
      ? text
      : setInText(text, ["daemons", name, ...key], value);
  let edited = text;
  if (entry.module !== undefined) edited = set(edited, ["module"], entry.module, old.module);
  for (const [key, value] of Object.entries(given)) {
    edited = set(edited, ["arguments", key], value, old.arguments[key]);
  }
  if (entry.permissions) edited = set(edited, ["permissions"], entry.permissions, old.permissions);
  return old.enabled ? edited : set(edited, ["enabled"], true, false);
}

function report(
  subject: Subject & { entry: NonNullable<Subject["entry"]> },
  description: DaemonDescription,
  { home, configFile }: AgentPaths,
  json: boolean,
): void {
  const { permissions, missing } = standingPermissions(subject, description, home);
  const { name, module, entry } = subject;
  if (json) {
    return printJson({
      name,
      module,
      file: configFile,
      arguments: entry.arguments,
      permissions,
      missing,
    });
  }
  const lacking = describeMissing(subject, { permissions, missing });
  const specs = Object.entries(description.arguments);
  const said = specs.map(([key, spec]) =>
    `${key} = ${
      key in entry.arguments ? quote(entry.arguments[key]) : `${quote(spec.default)} (default)`
    }`
  );
  print([
    `Registered ${name} (${origin(subject)}) in ${configFile}`,
    `  arguments    ${said.join(", ") || "none"}`,
    `  permissions  ${describePermissions(permissions)}`,
    ...(lacking === undefined ? [] : [`  ${lacking}`]),
    ...(lacking === undefined
      ? ["An agent that runs from this home starts it within seconds."]
      : []),
  ].join("\n"));
}
