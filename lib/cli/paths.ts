import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { builtinArguments } from "../../daemons/mod.ts";
import { cut, errorMessage } from "../base/mod.ts";
import { type AgentPaths, readUnserved } from "../agent/mod.ts";
import { loadConfig, type LoadedConfig, requireConfigFile } from "../config/mod.ts";
import { Client, NotRunningError, type TokenKind } from "../control/mod.ts";
import { type Invocation, UsageError } from "./command.ts";

/**
 * Finds home and the configuration: `--home`, else `ICINGA_WARDEN_HOME`, else the exe's own folder (from source:
 * `.home` in the checkout).
 *
 * @throws {UsageError} when home is not a folder.
 */
export function findPaths({ values }: Pick<Invocation, "values">): AgentPaths {
  const named = namedHome(values);
  const home = resolve(named ?? defaultHome());
  if (named !== undefined && !isFolder(home)) {
    const source = values.home === undefined ? "ICINGA_WARDEN_HOME" : "--home";
    throw new UsageError(
      `${source} '${cut(named, MAX_PATH)}' is not a folder; name one that exists`,
    );
  }
  return {
    home,
    configFile: resolve(values.config ?? join(home, "icinga-warden.json")),
    configNamed: values.config !== undefined,
  };
}

/**
 * As {@linkcode findPaths}, for a command that does not read the configuration: one that `--config` names has to exist.
 *
 * @throws {ConfigError} when it does not.
 */
export function findHome(invocation: Pick<Invocation, "values">): AgentPaths {
  const paths = findPaths(invocation);
  if (paths.configNamed) requireConfigFile(paths.configFile);
  return paths;
}

/** The flag `--home` for a command to paste, with a blank before it. */
export function homeFlag(home: string): string {
  return ` --home ${pasted(home)}`;
}

/** A word of a command to paste: in quotes where a shell would split it. */
export function pasted(word: string): string {
  return /[\s&()^;,]/.test(word) ? `"${word}"` : word;
}

function namedHome(values: Invocation["values"]): string | undefined {
  return values.home ?? (Deno.env.get("ICINGA_WARDEN_HOME") || undefined);
}

/** How much of a path a message quotes, characters. */
const MAX_PATH = 300;

function defaultHome(): string {
  if (Deno.build.standalone) return dirname(Deno.execPath());
  const home = fileURLToPath(new URL("../../.home", import.meta.url));
  Deno.mkdirSync(home, { recursive: true });
  return home;
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/**
 * What speaks to the agent that runs from home. Where no home is named and none runs from the exe's folder, that of the
 * installed service is asked.
 *
 * @throws {NotRunningError} when none does, or it cannot serve commands; the message says why.
 * @throws {ConfigError} when `--config` names a file that does not exist.
 */
export async function connectAgent(
  invocation: Pick<Invocation, "values">,
  kind: TokenKind = "control",
): Promise<Client> {
  const { home } = findHome(invocation);
  try {
    return await Client.connect(home, kind);
  } catch (error) {
    if (!(error instanceof NotRunningError)) throw error;
    const why = readUnserved(home);
    if (why !== undefined) throw new NotRunningError(`The agent cannot be asked. ${why}`);
    if (isReadOnly(home)) {
      throw new NotRunningError(`The agent cannot be asked: ${home} ${READ_ONLY}`);
    }
    const isNamed = namedHome(invocation.values) !== undefined;
    if (Deno.build.os !== "windows" || !Deno.build.standalone || isNamed) throw error;
    const { homeOfService } = await import("./service/installed.ts");
    const other = homeOfService();
    if (other === undefined) throw error;
    return await Client.connect(other, kind);
  }
}

const READ_ONLY =
  "is read-only, so that no agent can serve commands from it; name a home that can be written";

/** Whether nobody can write into a folder, since its file system is read-only. */
function isReadOnly(folder: string): boolean {
  try {
    Deno.removeSync(Deno.makeTempFileSync({ dir: folder }));
    return false;
  } catch (error) {
    const code = Deno.build.os === "windows" ? 19 : 30;
    return errorMessage(error).includes(`(os error ${code})`);
  }
}

/**
 * Loads the configuration; the defaults where there is no file and none was named.
 *
 * @throws {ConfigError} when it cannot be used.
 */
export async function loadAgentConfig(
  { configFile, configNamed }: AgentPaths,
): Promise<LoadedConfig> {
  return await loadConfig(configFile, { mustExist: configNamed, builtin: builtinArguments });
}
