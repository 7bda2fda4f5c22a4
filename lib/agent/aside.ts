import type { Agent } from "./agent.ts";
import { attempt, type Clock, within } from "../base/mod.ts";
import { AGENT_MAPS } from "../daemon/mod.ts";
import { isInstalling } from "../windows/mod.ts";

/** How often it is looked whether Windows Installer is at work, ms: before that it stops no service. */
const LOOK_EVERY = 250;

/** How long an installation keeps services from being restarted, ms: one that hangs must not do so without an end. */
export const INSTALLATION_LIMIT = 30 * 60_000;

/** An agent that starts so soon after its host waits for the network, ms. */
export const BOOT_TIME = 5 * 60_000;

/** How long it waits for the network, ms. */
export const NETWORK_LIMIT = 3 * 60_000;

/** How often it looks for the network, and how long one look may take, ms. */
const NETWORK_EVERY = 1_000;
const NETWORK_LOOK = 10_000;

/** What is asked of this host. */
export interface AsideHost {
  /** Whether Windows Installer carries out an installation. */
  isInstalling(): boolean;
  /** How long ago the host was started, ms. */
  bootedFor(): number;
  /** The addresses of the host's network interfaces. */
  addresses(): string[];
  /** The names or addresses of the parents that Icinga 2 connects to. */
  parents(): Promise<string[]>;
  /** The addresses of a name; rejects when it has none. */
  resolve(name: string): Promise<unknown>;
}

/** What is worked with. */
export interface AsideParts {
  agent: Pick<Agent, "state" | "icinga">;
  clock: Pick<Clock, "now" | "sleep" | "after" | "ticks">;
  /** Default: this host. */
  host?: AsideHost;
  /** Called after each look, 4 times a second. Default: nothing is. */
  alsoLook?: () => void;
}

/**
 * Whether an installation keeps services from being restarted.
 *
 * @param since when it was first seen, ms; undefined: there is none.
 */
export function holdsInstallation(since: number | undefined, now: number): boolean {
  return since !== undefined && now - since < INSTALLATION_LIMIT;
}

/**
 * Whether the first start of Icinga 2 still waits for the network.
 *
 * @param bootedFor how long the host had been up when the agent started, ms.
 * @param waited how long the agent has waited, ms.
 */
export function waitsForNetwork(bootedFor: number, waited: number): boolean {
  return bootedFor < BOOT_TIME && waited < NETWORK_LIMIT;
}

/** Addresses of this host alone, and those that it has given itself. */
const LOCAL_ADDRESS = /^(127\.|169\.254\.|0\.0\.0\.0|::1?$|fe80:)/i;

/**
 * Whether the network is up: the host has an address, and the name of a parent resolves.
 *
 * @param resolved of each parent whether its name resolves; none: no parent has a name to connect to.
 */
export function isNetworkUp(addresses: readonly string[], resolved: readonly boolean[]): boolean {
  return addresses.some((address) => !LOCAL_ADDRESS.test(address)) &&
    (resolved.length === 0 || resolved.includes(true));
}

/**
 * Shares as `Agent.Aside` why services are not restarted now: while Windows Installer is at work, and, for Icinga 2,
 * until the network is up after a boot. Resolves when `signal` is aborted; never rejects.
 */
export async function watchAside(parts: AsideParts, signal: AbortSignal): Promise<void> {
  const { agent, clock, host = windowsAside(agent), alsoLook } = parts;
  const aside = agent.state.map<string>(AGENT_MAPS.aside);
  const tell = (key: string, why: string | undefined) => {
    if (aside.get(key) === why || signal.aborted) return;
    if (why === undefined) aside.delete(key);
    else aside.set(key, why);
  };
  void awaitNetwork({ agent, clock, host }, tell, signal);
  const ticks = clock.ticks(LOOK_EVERY, signal);
  let since: number | undefined;
  do {
    const isInstalling = attempt(() => host.isInstalling(), () => false);
    since = isInstalling ? since ?? clock.now() : undefined;
    const why = "Windows Installer is at work, which is waited for (30 min at most)";
    tell("installing", holdsInstallation(since, clock.now()) ? why : undefined);
    alsoLook?.();
  } while (await ticks.next().then(() => true, () => false));
}

/** Its first look is over before it returns: the daemon's thread cannot have started by then. */
async function awaitNetwork(
  { agent, clock, host }: Required<Omit<AsideParts, "alsoLook">>,
  tell: (key: string, why: string | undefined) => void,
  signal: AbortSignal,
): Promise<void> {
  const start = clock.now();
  const bootedFor = host.bootedFor();
  const isUp = async () => {
    const names = await host.parents();
    const found = names.map((name) => host.resolve(name).then(() => true, () => false));
    return isNetworkUp(host.addresses(), await Promise.all(found));
  };
  const isWatched = () => agent.icinga().some(({ look }) => look === "icinga");
  while (waitsForNetwork(bootedFor, clock.now() - start) && isWatched()) {
    const why = "the host has just started, and waits for its network (3 min at most)";
    tell("network", why);
    const look = within(isUp(), { ms: NETWORK_LOOK, late: () => false, signal, clock });
    // What cannot be found out is no reason to wait.
    if (await look.catch(() => true)) break;
    if (!await clock.sleep(NETWORK_EVERY, signal).then(() => true, () => false)) break;
  }
  tell("network", undefined);
}

/** What this host, which runs Windows, says. */
function windowsAside(agent: Pick<Agent, "icinga">): AsideHost {
  return {
    isInstalling,
    bootedFor: () => Deno.osUptime() * 1_000,
    addresses: () => Deno.networkInterfaces().map(({ address }) => address),
    async parents() {
      const { icingaFolder, readNode } = await import("../icinga/mod.ts");
      const nodes = await Promise.all(
        agent.icinga().flatMap(({ look, dataDir }) =>
          look === "icinga" ? readNode(icingaFolder(dataDir, Deno.env.get("ProgramData"))) : []
        ),
      );
      return nodes.flatMap(({ parents = [] }) => parents.flatMap(({ host }) => host ?? []));
    },
    async resolve(name) {
      const { lookup } = await import("node:dns/promises");
      return await lookup(name);
    },
  };
}
