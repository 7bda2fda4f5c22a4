import type { Agent } from "./agent.ts";
import { attempt, type Clock, within } from "../base/mod.ts";
import { AGENT_MAPS } from "../daemon/mod.ts";
import { findIcingaFolder } from "./icinga_host.ts";
import { isInstalling } from "../windows/mod.ts";

/** Time between two checks whether Windows Installer is at work, ms. It stops no service sooner. */
const LOOK_EVERY = 250;

/** The longest time for which an installation prevents restarts, ms: it may hang. */
const INSTALLATION_LIMIT = 30 * 60_000;

/** An agent that starts within this time after the host waits for the network, ms. */
const BOOT_TIME = 5 * 60_000;

/** The longest wait for the network, ms. */
const NETWORK_LIMIT = 3 * 60_000;

/** Time between two checks of the network, and the limit of one check, ms. */
const NETWORK_EVERY = 1_000;
const NETWORK_LOOK = 10_000;

/** What {@linkcode watchRestartHolds} reads from the host. */
export interface HoldHost {
  /** Whether Windows Installer is installing, removing or repairing a package. */
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

/** What {@linkcode watchRestartHolds} needs. */
export interface HoldParts {
  agent: Pick<Agent, "state" | "icinga">;
  clock: Pick<Clock, "now" | "sleep" | "after" | "ticks">;
  /** Default: this host. */
  host?: HoldHost;
  /** Called after each check, 4 times a second. Default: nothing is called. */
  alsoLook?: () => void;
}

/**
 * Whether an installation prevents restarts.
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

/** Loopback and link-local addresses. */
const LOCAL_ADDRESS = /^(127\.|169\.254\.|0\.0\.0\.0|::1?$|fe80:)/i;

/**
 * Whether the network is up: the host has an address, and the name of a parent resolves.
 *
 * @param resolved for each parent, whether its name resolves; empty when no parent is configured by name.
 */
export function isNetworkUp(addresses: readonly string[], resolved: readonly boolean[]): boolean {
  return addresses.some((address) => !LOCAL_ADDRESS.test(address)) &&
    (resolved.length === 0 || resolved.includes(true));
}

/**
 * Shares as `Agent.Aside` why services are not restarted now: while Windows Installer is at work, and, for Icinga 2,
 * until the network is up after a boot. Resolves when `signal` is aborted; never rejects.
 */
export async function watchRestartHolds(parts: HoldParts, signal: AbortSignal): Promise<void> {
  const { agent, clock, host = windowsHost(agent), alsoLook } = parts;
  const holds = agent.state.map<string>(AGENT_MAPS.aside);
  const tell = (key: string, why: string | undefined) => {
    if (holds.get(key) === why || signal.aborted) return;
    if (why === undefined) holds.delete(key);
    else holds.set(key, why);
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

/** Shares `network` before it first waits: the daemon's thread cannot have started by then. */
async function awaitNetwork(
  { agent, clock, host }: Required<Omit<HoldParts, "alsoLook">>,
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
    // When the check itself fails, do not wait.
    if (await look.catch(() => true)) break;
    if (!await clock.sleep(NETWORK_EVERY, signal).then(() => true, () => false)) break;
  }
  tell("network", undefined);
}

/** This host, by Windows' own functions. */
function windowsHost(agent: Pick<Agent, "icinga">): HoldHost {
  return {
    isInstalling,
    bootedFor: () => Deno.osUptime() * 1_000,
    addresses: () => Deno.networkInterfaces().map(({ address }) => address),
    async parents() {
      const { readNode } = await import("../icinga/mod.ts");
      const nodes = await Promise.all(
        agent.icinga().filter(({ look }) => look === "icinga").map(async ({ service, dataDir }) =>
          readNode(await findIcingaFolder(service, dataDir))
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
