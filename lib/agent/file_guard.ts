import type { RefuseModule } from "../registry/mod.ts";
import {
  type AgentFiles,
  agentPaths,
  type CheckedPath,
  currentUser,
  type Danger,
  describeDangers,
  inspectPaths,
  isConfigSafe,
  modulePaths,
  sidOf,
  trustedAccounts,
} from "../windows/mod.ts";
import type { AgentPaths } from "./home.ts";

/** The account SYSTEM; NSSM's services run as it too. */
const SYSTEM = "S-1-5-18";

/** Why `allowUnsafeHome` is ignored. */
const CANNOT_ALLOW =
  `"allowUnsafeHome" does not count, since others can write the configuration; let administrators alone write it, or keep it in a folder that only they can write, and name it with '--config'`;

/** Follows a danger that earlier versions did not detect. */
const ONLY_WARNED =
  `this version only warns of it, the next one runs no modules from there: take the right away, or name the account in "trustedWriters"`;

/** The result of {@linkcode guardFiles}. */
export interface Guard {
  /** Warnings, a line each. */
  warnings: string[];
  /** Refuses modules that others could change, where the agent runs as a service. */
  refuse: RefuseModule;
}

/** How the agent runs. */
export interface GuardOptions {
  /** Whether the service control manager has started this process. */
  isService: boolean;
  /** The configuration's `allowUnsafeHome` when the agent started. */
  allowUnsafeHome: boolean;
  /** Its `trustedWriters`. */
  trustedWriters: readonly string[];
}

/**
 * Checks who could change the exe, home, the daemons and the configuration. Only on Windows; elsewhere nothing is
 * refused.
 */
export function guardFiles(
  { home, configFile }: AgentPaths,
  { isService, ...said }: GuardOptions,
): Guard {
  if (Deno.build.os !== "windows") return { warnings: [], refuse: () => undefined };
  const user = currentUser();
  const files: AgentFiles = { exe: Deno.execPath(), home, config: configFile };
  const { trusted, problems } = trustedAccounts(files, [user], said.trustedWriters, sidOf);
  const inspect = (paths: readonly CheckedPath[]) => inspectPaths(paths, trusted);
  const { dangers, above, unread, notes } = inspect(agentPaths(files));
  const decided = decideGuard({
    allowUnsafeHome: said.allowUnsafeHome,
    isConfigSafe: isConfigSafe(files, dangers.filter(({ isNew }) => !isNew)),
    isService: isService || user === SYSTEM,
  });
  const refuse: RefuseModule = (modules) => {
    const own = inspect(agentPaths(files)).dangers;
    const others = inspect(modulePaths(modules, files));
    return refusalOf([...own, ...others.dangers, ...others.above], others.unread);
  };
  return {
    warnings: [
      ...problems,
      ...warningsOf([...dangers, ...above]),
      ...unread,
      ...notes,
      ...(decided.isIgnored ? [CANNOT_ALLOW] : []),
    ],
    refuse: decided.refuses ? refuse : () => undefined,
  };
}

/**
 * Whether modules that others could change are refused, and whether `allowUnsafeHome` is ignored. Pure.
 *
 * @param isConfigSafe whether administrators alone can write the configuration.
 */
export function decideGuard(
  { allowUnsafeHome, isConfigSafe, isService }: {
    allowUnsafeHome: boolean;
    isConfigSafe: boolean;
    isService: boolean;
  },
): { refuses: boolean; isIgnored: boolean } {
  const isAllowed = allowUnsafeHome && isConfigSafe;
  return { refuses: isService && !isAllowed, isIgnored: allowUnsafeHome && !isAllowed };
}

/** Why modules are not run; undefined: they are. Dangers that earlier versions did not detect do not count. Pure. */
export function refusalOf(
  dangers: readonly Danger[],
  unread: readonly string[],
): string | undefined {
  const lines = [...describeDangers(dangers.filter(({ isNew }) => !isNew)), ...unread];
  return lines.length === 0 ? undefined : lines.join("; ");
}

/** Warnings, a line each, also of what the next version will refuse. Pure. */
export function warningsOf(dangers: readonly Danger[]): string[] {
  const { fresh = [], known = [] } = Object.groupBy(
    dangers,
    ({ isNew }) => isNew ? "fresh" : "known",
  );
  const warned = describeDangers(fresh).map((line) => `${line}; ${ONLY_WARNED}`);
  return [...describeDangers(known), ...warned];
}
