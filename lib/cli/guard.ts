import { currentUser } from "../windows/account_rights.ts";
import { inspectFiles } from "../windows/home_safety.ts";
import { describeDangers } from "../windows/safety.ts";
import type { Place } from "./place.ts";

/** SYSTEM, as which NSSM runs a service too. */
const SYSTEM = "S-1-5-18";

/** What guards the agent's files. */
export interface Guard {
  /** What is wrong with them, a line each. */
  warnings: string[];
  /** Why a module of a service is not to be run, as a clause; undefined when it may be. */
  refuse: (file: string) => string | undefined;
}

/**
 * Looks who could change the exe, home, the daemons and the configuration, and guards the modules of a service.
 * There is nothing to look at on any other system than Windows.
 *
 * @param isService whether the service control manager has started this process.
 */
export function guardFiles({ home, configFile }: Place, isService: boolean): Guard {
  if (Deno.build.os !== "windows") return { warnings: [], refuse: () => undefined };
  const user = currentUser();
  const inspect = (exe: string) => inspectFiles({ exe, home, config: configFile }, [user]);
  const { dangers, above, unread } = inspect(Deno.execPath());
  const refuse = (file: string) => {
    const lines = describeDangers(inspect(file).dangers);
    return lines.length === 0 ? undefined : lines.join("; ");
  };
  return {
    warnings: [...describeDangers([...dangers, ...above]), ...unread],
    refuse: isService || user === SYSTEM ? refuse : () => undefined,
  };
}
