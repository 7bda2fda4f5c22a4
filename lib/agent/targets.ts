import { type ArgumentSpecs, withDefaults } from "../daemon/mod.ts";
import { type ServiceMode, serviceModes } from "../service/mod.ts";

/** A service that the agent looks at for a daemon that keeps it running. */
export interface Target {
  service: string;
  /** The folder of Icinga's; empty: the usual one. */
  dataDir: string;
  /** What is sampled: Icinga 2, or only the service's processes. */
  look: "icinga" | "processes";
  /** What the agent repairs without asking. */
  repair: readonly string[];
  /** What may be done to it; the agent's own mode is not in it. */
  mode: ServiceMode;
}

/** Probes that look at the service's processes alone. */
const PROCESS_PROBES = /^\s*(?:memory|cpu)\b/;

/**
 * The services that a built-in daemon needs samples of, by its arguments: that of the Icinga daemon, and those of
 * `service_watch` where its arguments name probes, a folder of Icinga's or a repair.
 *
 * @param specs the daemon's arguments; other daemons need no samples.
 * @param given the arguments as the configuration writes them.
 */
export function targetsOf(
  specs: ArgumentSpecs,
  given: Readonly<Record<string, unknown>>,
): Target[] {
  if (!specs.probes || !specs.dataDir) return [];
  const { service, services, ...values } = withDefaults(specs, given);
  const texts = (value: unknown) => Array.isArray(value) ? value.map(String) : [];
  const [probes, repair] = [texts(values.probes), texts(values.repair)];
  const dataDir = String(values.dataDir);
  const mode = serviceModes.find((mode) => mode === values.mode) ?? "act";
  const target = (service: string, look: Target["look"]): Target => ({
    service,
    dataDir,
    look,
    repair,
    mode,
  });
  if (typeof service === "string") return [target(service, "icinga")];
  const namesIcinga = dataDir !== "" || repair.length > 0 ||
    probes.some((item) => !PROCESS_PROBES.test(item));
  if (!namesIcinga && probes.length === 0) return [];
  return texts(services).map((name) => target(name, namesIcinga ? "icinga" : "processes"));
}
