/**
 * NSSM (the Non-Sucking Service Manager, https://nssm.cc): the settings that it keeps in the registry. Its output is
 * not used, since it lacks letters that are not in the console's code page.
 *
 * @module
 */
import { samePath } from "./agent_arguments.ts";
import { quoteArgument } from "./command_line.ts";
import { readRegistryValue } from "./registry_key.ts";

/** The parameters that are read, each with what NSSM takes where the registry has none (nssm.cc/usage, 2.24). */
const DEFAULTS = {
  "Application": "",
  "AppParameters": "",
  "AppDirectory": "",
  "AppExit Default": "Restart",
  "AppRestartDelay": "0",
  "AppThrottle": "1500",
  "AppNoConsole": "0",
  "AppStopMethodSkip": "0",
  "AppStopMethodConsole": "1500",
} as const;

/** How NSSM runs a program, by the names of its parameters. */
export type NssmSettings = Record<keyof typeof DEFAULTS, string>;

/** A parameter of two words is a value in a key of its own; `Default` is the key's value without a name. */
function place(service: string, parameter: string): [key: string, name: string] {
  const [first = "", second] = parameter.split(" ");
  const key = `SYSTEM\\CurrentControlSet\\Services\\${service}\\Parameters`;
  return second === undefined ? [key, first] : [`${key}\\${first}`, ""];
}

/**
 * How NSSM runs a service; undefined when it does not say.
 *
 * @param read reads a value below `HKEY_LOCAL_MACHINE`.
 */
export function readNssmSettings(
  service: string,
  read: typeof readRegistryValue = readRegistryValue,
): NssmSettings | undefined {
  if (read(...place(service, "Application")) === undefined) return undefined;
  const values = Object.entries(DEFAULTS).map(([parameter, fallback]) =>
    [parameter, String(read(...place(service, parameter)) ?? fallback)] as const
  );
  return Object.fromEntries(values) as NssmSettings;
}

/** What is asked of a machine to find the service in which NSSM runs an exe. */
export interface NssmServices {
  database: { names(): string[] };
  nssmSettings(service: string): NssmSettings | undefined;
}

/**
 * What must be changed where NSSM ends an exe before a stop can be over, in one sentence; undefined when NSSM does not
 * run it or waits long enough.
 *
 * @param needed how long a stop may take, ms.
 */
export function explainShortStop(
  exe: string,
  needed: number,
  { database, nssmSettings }: NssmServices,
): string | undefined {
  for (const service of database.names()) {
    const settings = nssmSettings(service);
    const limit = Number(settings?.AppStopMethodConsole);
    if (!settings || !samePath(settings.Application, exe) || limit >= needed) continue;
    const call = `nssm set ${quoteArgument(service)} AppStopMethodConsole 20000`;
    const times = `${limit / 1000} s after it has asked for a stop, which may take ${
      needed / 1000
    } s`;
    return `NSSM ends service '${service}' ${times}: call '${call}'`;
  }
  return undefined;
}
