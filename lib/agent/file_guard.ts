import type { RefuseModule } from "../registry/mod.ts";
import {
  type AgentFiles,
  agentPaths,
  type CheckedPath,
  currentUser,
  describeDangers,
  inspectPaths,
  isConfigSafe,
  modulePaths,
} from "../windows/mod.ts";
import type { AgentPaths } from "./home.ts";

/** SYSTEM, as which NSSM runs a service too. */
const SYSTEM = "S-1-5-18";

/** Why `allowUnsafeHome` is ignored. */
const CANNOT_ALLOW =
  `"allowUnsafeHome" does not count, for others could write it into the configuration; see that administrators alone can write it, or keep it where that is so and name it with '--config'`;

/** The result of a look at who may change the agent's files. */
export interface Guard {
  /** What is wrong, a line each. */
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
  const inspect = (paths: readonly CheckedPath[]) => inspectPaths(paths, [user]);
  const { dangers, above, unread } = inspect(agentPaths(files));
  const isAllowed = said.allowUnsafeHome && isConfigSafe(files, dangers);
  const refuse: RefuseModule = (modules) => {
    const own = inspect(agentPaths(files)).dangers;
    const others = inspect(modulePaths(modules, files));
    const lines = [
      ...describeDangers([...own, ...others.dangers, ...others.above]),
      ...others.unread,
    ];
    return lines.length === 0 ? undefined : lines.join("; ");
  };
  return {
    warnings: [
      ...describeDangers([...dangers, ...above]),
      ...unread,
      ...(said.allowUnsafeHome && !isAllowed ? [CANNOT_ALLOW] : []),
    ],
    refuse: !isAllowed && (isService || user === SYSTEM) ? refuse : () => undefined,
  };
}
