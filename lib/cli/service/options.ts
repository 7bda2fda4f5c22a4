import { win32 } from "node:path";
import { excerpt } from "../../base/mod.ts";
import { checkServiceName } from "../../service/mod.ts";
import {
  type AgentFiles,
  type AgentFlags,
  checkAccount,
  fullAccount,
  pasteLine,
  type RegistrationRequest,
  samePath,
  SERVICE_NAME,
  START_TYPES,
  type StartType,
} from "../../windows/mod.ts";
import { type FlagSpecs, type Invocation, UsageError } from "../command.ts";
import { MODE_FLAG, readLevel, readMode } from "../parse.ts";
import { findPaths } from "../paths.ts";

/** The options of `icinga-warden service`. */
export interface ServiceOptions {
  /** The service's name. */
  name: string;
  /** Who runs the agent: Windows itself, or NSSM. */
  runner: "native" | "nssm";
  /** NSSM's path. */
  nssm: string;
  /** The files of an agent that is installed from this exe. */
  files: AgentFiles;
  /** The flags that the agent is to run with; an installed one keeps its others. */
  flags: AgentFlags;
  /** The settings that were given. */
  request: RegistrationRequest;
  dryRun: boolean;
  force: boolean;
  purge: boolean;
  fixPermissions: boolean;
  /** Whether to ask for the password of the account. */
  password: boolean;
  json: boolean;
}

const startTypes = Object.keys(START_TYPES);

/** The flags of `icinga-warden service`. */
export const SERVICE_FLAGS = {
  with: { value: "RUNNER", help: "native (default) or nssm" },
  nssm: { value: "PATH", help: "with --with nssm: where nssm.exe is (default: on the path)" },
  name: { value: "NAME", help: `the service's name (default: ${SERVICE_NAME})` },
  "display-name": { value: "TEXT", help: "the name in services.msc" },
  account: { value: "ACCOUNT", help: "the account it runs under (default: LocalSystem)" },
  start: { value: "TYPE", help: `${startTypes.join(", ")} (default: delayed, when it is new)` },
  mode: MODE_FLAG,
  password: {
    secret: true,
    help: "ask for the account's password, or read it from standard input",
  },
  "dry-run": { help: "show what would be done" },
  force: { help: "apply what differs; put this exe in the place of the service's" },
  "fix-permissions": {
    help: "let only administrators write into home and where the exe and the configuration lie",
  },
  purge: {
    help: "remove the configuration, the daemons, the secrets, the logs and the saved state too",
  },
} as const satisfies FlagSpecs;

/** Where the documentation puts the exe; shown where this program is not that exe. */
const USUAL_EXE = "C:\\Program Files\\icinga-warden\\icinga-warden.exe";

/** Whether this program is the Windows exe, which alone can run as a service. */
export const isWindowsExe = Deno.build.os === "windows" && Deno.build.standalone;

/**
 * Reads the options of `icinga-warden service`.
 *
 * @throws {UsageError} when one is wrong.
 */
export function readOptions(invocation: Invocation): ServiceOptions {
  const { values, given } = invocation;
  const runner = valid("with", values.with ?? "native", oneOf("native", "nssm"));
  if (values.nssm !== undefined && runner !== "nssm") {
    throw new UsageError("Flag '--nssm' goes with '--with nssm'");
  }
  const name = valid("name", values.name ?? SERVICE_NAME, checkServiceName);
  const account = valid("account", values.account, (account) => checkAccount(account, name));
  return {
    name,
    runner: runner as ServiceOptions["runner"],
    nssm: values.nssm ?? "nssm.exe",
    ...readPlace(invocation),
    request: {
      displayName: valid("display-name", values["display-name"], checkDisplayName),
      account: account && fullAccount(account),
      start: valid("start", values.start, oneOf(...startTypes)) as StartType | undefined,
    },
    dryRun: given.has("dry-run"),
    force: given.has("force"),
    purge: given.has("purge"),
    fixPermissions: given.has("fix-permissions"),
    password: given.has("password"),
    json: given.has("json"),
  };
}

/** Where this program is not the Windows exe, paths are taken as they were typed. */
function readPlace(invocation: Invocation): Pick<ServiceOptions, "files" | "flags"> {
  const { home: typedHome, config } = invocation.values;
  const exe = isWindowsExe ? Deno.execPath() : USUAL_EXE;
  const folder = win32.dirname(exe);
  const {
    home = typedHome ?? folder,
    configFile = config ?? win32.join(home, "icinga-warden.json"),
  } = isWindowsExe ? findPaths(invocation) : {};
  const level = readLevel(invocation);
  const mode = readMode(invocation);
  return {
    files: { exe, home, config: configFile },
    flags: {
      ...((typedHome !== undefined || !samePath(home, folder)) && { home }),
      ...(config !== undefined && { config: configFile }),
      ...(level !== undefined && { "log-level": level }),
      ...(mode !== undefined && { mode }),
    },
  };
}

/**
 * Insists that the value of a flag is right, if there is one.
 *
 * @param check says what would be right; undefined: the value is.
 */
function valid<T extends string | undefined>(
  flag: keyof typeof SERVICE_FLAGS,
  value: T,
  check: (value: string) => string | undefined,
): T {
  const expected = value === undefined ? undefined : check(value);
  if (expected === undefined) return value;
  throw new UsageError(`Flag '--${flag}' is '${excerpt(value!)}'; ${expected}`);
}

function oneOf(...words: string[]): (value: string) => string | undefined {
  const list = words.length === 2 ? words.join(" or ") : `one of ${words.join(", ")}`;
  return (value) => words.includes(value) ? undefined : `expected ${list}`;
}

function checkDisplayName(text: string): string | undefined {
  const isRight = text.trim() !== "" && text.length <= 256 && !/\p{Cc}/u.test(text);
  return isRight ? undefined : "expected 1 to 256 characters without control characters";
}

/** A command to type for the same service: `icinga-warden service start`. */
export function wardenCommand(action: string, { name }: Pick<ServiceOptions, "name">): string {
  const named = name === SERVICE_NAME ? [] : ["--name", name];
  return pasteLine("icinga-warden", ["service", action, ...named]);
}
