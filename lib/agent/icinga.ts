import type { Agent } from "./agent.ts";
import { type Clock, errorMessage } from "../base/mod.ts";
import { AGENT_MAPS } from "../daemon/mod.ts";
import type { HostSources, IcingaFolder, IcingaSample, Sampler } from "../icinga/mod.ts";
import { agentLog, type WriteLog } from "../log/mod.ts";

/** How often a sample is taken, ms. */
export const SAMPLE_EVERY = 30_000;

/** What a watch of Icinga 2 works with. */
export interface IcingaWatchParts {
  agent: Pick<Agent, "state" | "icinga">;
  log: WriteLog;
  clock: Pick<Clock, "sleep" | "now">;
}

/**
 * Looks at each Icinga 2 that a daemon keeps running, every 30 s, and shares what is seen as `Agent.Host`: the main
 * thread may read files and ask Windows, which a daemon's thread may not. Resolves when `signal` is aborted; never
 * rejects.
 */
export async function watchIcinga(parts: IcingaWatchParts, signal: AbortSignal): Promise<void> {
  const host = parts.agent.state.map<string, IcingaSample>(AGENT_MAPS.host);
  const samplers = new Map<string, Sampler>();
  let said = "";
  const say = (level: "info" | "warning", text: string) => {
    if (text !== said) agentLog(parts.log)[level](text);
    said = text;
  };
  for (;;) {
    try {
      await parts.clock.sleep(samplers.size === 0 ? SAMPLE_EVERY / 6 : SAMPLE_EVERY, signal);
      const wanted = parts.agent.icinga();
      const keys = new Set(wanted.map(({ service }) => service.toLowerCase()));
      for (const key of host.keys()) if (!keys.has(key)) host.delete(key);
      for (const { service, dataDir } of wanted) {
        const icinga = await import("../icinga/mod.ts");
        const folder = icinga.icingaFolder(dataDir, Deno.env.get("ProgramData"));
        if (!await icinga.lookAt(folder.data)) {
          say("info", `There is no ${folder.data}: Icinga 2's own state is not looked at`);
          continue;
        }
        const key = `${service} ${dataDir}`;
        const sampler = samplers.get(key) ?? new icinga.Sampler({
          folder,
          sources: await hostSources(service, folder),
          every: SAMPLE_EVERY,
          clock: parts.clock,
        });
        samplers.set(key, sampler);
        host.set(service.toLowerCase(), await sampler.take());
      }
    } catch (error) {
      if (signal.aborted) return;
      say("warning", `Icinga 2 cannot be looked at: ${errorMessage(error)}`);
    }
  }
}

/** What this system says of the processes of a service. */
export async function hostSources(service: string, folder: IcingaFolder): Promise<HostSources> {
  const { procSources, treeOf } = await import("../icinga/mod.ts");
  if (Deno.build.os !== "windows") return procSources(folder);
  const { listConnections, listProcesses, processUsage, windowsHost } = await import(
    "../windows/mod.ts"
  );
  return {
    tree() {
      const pid = windowsHost.database.query(service)?.pid;
      if (!pid) return Promise.resolve(undefined);
      const pids = treeOf(pid, listProcesses());
      const used = [...pids].flatMap((pid) => processUsage(pid) ?? []);
      const sum = (read: (usage: typeof used[number]) => number) =>
        used.reduce((sum, usage) => sum + read(usage), 0);
      const known = { memory: sum(({ memory }) => memory), cpu: sum(({ cpu }) => cpu) };
      return Promise.resolve({ pids, ...(used.length > 0 && known) });
    },
    connections: ({ pids }) =>
      Promise.resolve(listConnections().filter(({ pid }) => pids.has(pid))),
  };
}
