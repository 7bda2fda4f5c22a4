import { win32 } from "node:path";
import { checkServiceName } from "../../service/mod.ts";
import { checkAccount, checkVirtualAccount, fullAccount } from "../../windows/account.ts";
import { type AgentFiles, type AgentFlags, samePath } from "../../windows/agent_arguments.ts";
import { SERVICE_NAME, type Wish } from "../../windows/registration.ts";
import { type FlagSpecs, type Invocation, UsageError } from "../command.ts";
import { readLevel } from "../flags.ts";
import { findPaths } from "../paths.ts";

/** What `icinga-warden service` is asked for. */
export interface ServiceOrder {
  /** The service's name. */
  name: string;
  /** Who runs the agent: Windows itself, or NSSM. */
  runner: "native" | "nssm";
  /** NSSM's path. */
  nssm: string;
  /** The agent's files, were it installed from here. */
  files: AgentFiles;
  /** What the agent is asked to run with; what is left out stays as it is. */
  flags: AgentFlags;
  /** What else was asked for explicitly. */
  wish: Wish;
  dryRun: boolean;
  force: boolean;
  purge: boolean;
  fixPermissions: boolean;
  /** Whether a password is to be asked for. */
  password: boolean;
  json: boolean;
}

/** The flags of `icinga-warden service`. */
export const SERVICE_FLAGS = {
  with: { value: "RUNNER", help: "native (default) or nssm" },
  nssm: { value: "PATH", help: "with --with nssm: where nssm.exe is (default: on the path)" },
  name: { value: "NAME", help: `the service's name (default: ${SERVICE_NAME})` },
  "display-name": { value: "TEXT", help: "what services.msc calls it" },
  account: { value: "ACCOUNT", help: "whom it runs as (default: LocalSystem)" },
  password: {
    secret: true,
    help: "ask for the account's password, or read it from standard input",
  },
  "dry-run": { help: "show what would be done" },
  force: { help: "apply what differs; put this exe in the place of the service's" },
  "fix-permissions": {
    help: "let only administrators write into home and where the exe and the configuration lie",
  },
  purge: { help: "remove the configuration, the daemons, the logs and the saved state too" },
} as const satisfies FlagSpecs;

type ServiceFlag = keyof typeof SERVICE_FLAGS;

const INSTALL_FLAGS: readonly ServiceFlag[] = [
  ...["with", "nssm", "name", "display-name", "account", "password"] as const,
  ...["dry-run", "force", "fix-permissions"] as const,
];

/** Which of the flags each action takes. */
const FLAGS_OF: Readonly<Record<string, readonly ServiceFlag[]>> = {
  install: INSTALL_FLAGS,
  print: INSTALL_FLAGS,
  uninstall: ["name", "dry-run", "purge"],
  start: ["name", "dry-run"],
  stop: ["name", "dry-run"],
  status: ["name"],
};

/** Where an administrator is told to put the exe; what is shown on a machine that has no such exe. */
const USUAL_EXE = "C:\\Program Files\\icinga-warden\\icinga-warden.exe";

/** Whether this program is the exe that a service can run. */
export const isWindowsExe = Deno.build.os === "windows" && Deno.build.standalone;

/**
 * Reads what `icinga-warden service ACTION` is asked for.
 *
 * @throws {UsageError} when it cannot be meant.
 */
export function readOrder(action: string, invocation: Invocation): ServiceOrder {
  const { values, given } = invocation;
  refuseFlags(action, invocation);
  const name = readName(values.name);
  const account = readAccount(values.account, name);
  return {
    name,
    runner: readRunner(values),
    nssm: values.nssm ?? "nssm.exe",
    ...readPlace(invocation),
    wish: { displayName: readDisplayName(values["display-name"]), account },
    dryRun: given.has("dry-run"),
    force: given.has("force"),
    purge: given.has("purge"),
    fixPermissions: given.has("fix-permissions"),
    password: given.has("password"),
    json: given.has("json"),
  };
}

function refuseFlags(action: string, { values, given }: Invocation): void {
  const taken = FLAGS_OF[action] ?? [];
  const typed = (Object.keys(SERVICE_FLAGS) as ServiceFlag[]).filter((flag) =>
    given.has(flag) || values[flag] !== undefined
  );
  const foreign = typed.find((flag) => !taken.includes(flag));
  if (foreign !== undefined) {
    throw new UsageError(`Flag '--${foreign}' is not for 'service ${action}'`);
  }
}

/** Elsewhere than in the Windows exe the paths are those of Windows as they were typed. */
function readPlace(invocation: Invocation): Pick<ServiceOrder, "files" | "flags"> {
  const { values } = invocation;
  const exe = isWindowsExe ? Deno.execPath() : USUAL_EXE;
  const { home, configFile } = isWindowsExe
    ? findPaths(invocation)
    : typedPlace(values, win32.dirname(exe));
  const level = readLevel(invocation);
  const isNamed = values.home !== undefined || !samePath(home, win32.dirname(exe));
  return {
    files: { exe, home, config: configFile },
    flags: {
      ...(isNamed && { home }),
      ...(values.config !== undefined && { config: configFile }),
      ...(level !== undefined && { "log-level": level }),
    },
  };
}

function typedPlace(
  { home: typed, config }: Invocation["values"],
  folder: string,
): { home: string; configFile: string } {
  const home = typed ?? folder;
  return { home, configFile: config ?? win32.join(home, "icinga-warden.json") };
}

function readName(name: string = SERVICE_NAME): string {
  const expected = checkServiceName(name);
  if (expected !== undefined) throw new UsageError(`Flag '--name' is '${name}'; ${expected}`);
  return name;
}

function readDisplayName(text: string | undefined): string | undefined {
  if (text === undefined || (text.trim() !== "" && text.length <= 256 && !/\p{Cc}/u.test(text))) {
    return text;
  }
  throw new UsageError(
    `Flag '--display-name' is '${text}'; expected 1 to 256 characters without control characters`,
  );
}

function readRunner({ with: runner = "native", nssm }: Invocation["values"]): "native" | "nssm" {
  if (runner !== "native" && runner !== "nssm") {
    throw new UsageError(`Flag '--with' is '${runner}'; expected native or nssm`);
  }
  if (nssm !== undefined && runner !== "nssm") {
    throw new UsageError("Flag '--nssm' goes with '--with nssm'");
  }
  return runner;
}

function readAccount(account: string | undefined, service: string): string | undefined {
  if (account === undefined) return undefined;
  const expected = checkAccount(account) ?? checkVirtualAccount(account, service);
  if (expected !== undefined) throw new UsageError(`Flag '--account' is '${account}'; ${expected}`);
  return fullAccount(account);
}
