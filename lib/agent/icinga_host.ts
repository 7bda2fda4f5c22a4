import { basename, join } from "node:path";
import { attempt, systemClock } from "../base/mod.ts";
import type { HostSources, IcingaFolder, Validation } from "../icinga/mod.ts";
import { runChild } from "../service/mod.ts";

/** What this host says of a service of Icinga 2 beside its files. */
export interface IcingaHost {
  sources: HostSources;
  /** Validates the configuration; `limit`: see `ValidatePlan` of `lib/icinga`. */
  validate(limit?: number): Promise<Validation>;
  /** Who listens on a port: see `DiagnosisParts` of `lib/icinga`. */
  holder(port: number): Promise<string | undefined>;
}

/**
 * The folders of a service's Icinga 2: those below `dataDir`; without it the usual ones, or, on Windows, where these are
 * missing, those that belong to the service's program.
 */
export async function findIcingaFolder(service: string, dataDir: string): Promise<IcingaFolder> {
  const { folderOfProgram, icingaFolder, lookAt } = await import("../icinga/mod.ts");
  const folder = icingaFolder(dataDir, Deno.env.get("ProgramData"));
  if (dataDir !== "" || Deno.build.os !== "windows" || await lookAt(folder.root)) return folder;
  const { programOf, windowsHost } = await import("../windows/mod.ts");
  const read = () => windowsHost.database.find(service)?.commandLine;
  const commandLine = attempt(read, () => undefined) ?? "";
  return await folderOfProgram(programOf(commandLine)) ?? folder;
}

/** Seconds of Windows' count, which begins with the year 1601, as ms since the Unix epoch. */
const fileTimeToMs = (seconds: number) => (seconds - 11_644_473_600) * 1000;

/**
 * The file name of a service's program, where it is not Icinga's, nor that of anything that it has started (as NSSM
 * does): the configuration names another service, and what is seen of Icinga 2 says nothing about that. Undefined as well
 * where the configuration says that it is Icinga 2, by the service's usual name or a folder of its own.
 *
 * @param folder what is looked at for it.
 * @param pid the service's process.
 * @param processes it and all that it has started.
 */
export function foreignProgram(
  service: string,
  folder: Pick<IcingaFolder, "isUsual">,
  pid: number,
  processes: readonly { pid: number; exe: string }[],
): string | undefined {
  if (!folder.isUsual || /^icinga2$/i.test(service)) return undefined;
  const isIcinga = processes.some(({ exe }) => /^icinga2\.exe$/i.test(exe));
  return isIcinga ? undefined : processes.find((process) => process.pid === pid)?.exe;
}

/** Of Windows' event log as much is read, bytes, and waited for it as long, ms. */
const EVENTS = { most: 1024 * 1024, limit: 5_000 };

/** Runs Windows' `wevtutil.exe`. */
const runWevtutil = (args: string[]) => {
  const program = join(Deno.env.get("SystemRoot") || "C:\\Windows", "System32", "wevtutil.exe");
  return runChild(program, args, { ...EVENTS, clock: systemClock, withoutErrors: true });
};

/** What this host says of a service of Icinga 2. */
export async function icingaHost(service: string, folder: IcingaFolder): Promise<IcingaHost> {
  const icinga = await import("../icinga/mod.ts");
  const { eventReader, procHolder, procSources, procTree, treeOf, validate } = icinga;
  if (Deno.build.os !== "windows") {
    return {
      sources: procSources(folder),
      validate: (limit) => validate({ program: "icinga2", folder, limit, treeOf: procTree }),
      holder: procHolder,
    };
  }
  const windows = await import("../windows/mod.ts");
  const { listConnections, listenerOf, listProcesses, processUsage, programOf } = windows;
  const { startedBy, windowsHost } = windows;
  const { database } = windowsHost;
  return {
    sources: {
      tree() {
        const pid = database.query(service)?.pid;
        if (!pid) return Promise.resolve(undefined);
        const all = listProcesses();
        // Too many do no harm here; with one too few its connection to a parent would be missed.
        const pids = treeOf(pid, all);
        const processes = all.filter((process) => pids.has(process.pid));
        const foreign = foreignProgram(service, folder, pid, processes);
        const used = [...pids].flatMap((pid) => processUsage(pid) ?? []);
        const sum = (read: (usage: typeof used[number]) => number) =>
          used.reduce((sum, usage) => sum + read(usage), 0);
        const known = { memory: sum(({ memory }) => memory), cpu: sum(({ cpu }) => cpu) };
        const created = processUsage(pid)?.created;
        const started = created === undefined ? undefined : fileTimeToMs(created);
        return Promise.resolve({
          pids,
          ...(used.length > 0 && known),
          ...(started !== undefined && { started }),
          ...(foreign !== undefined && { foreign }),
        });
      },
      connections: ({ pids }) =>
        Promise.resolve(listConnections().filter(({ pid }) => pids.has(pid))),
      events: eventReader(runWevtutil),
    },
    validate(limit) {
      const program = programOf(database.find(service)?.commandLine ?? "");
      const isIcinga = /^icinga2\.exe$/i.test(basename(program));
      const usual = join(Deno.env.get("ProgramFiles") ?? "", "ICINGA2", "sbin", "icinga2.exe");
      // These are ended, so no process counts that only has the number of an earlier parent.
      const plan = { folder, limit, treeOf: (pid: number) => Promise.resolve(startedBy(pid)) };
      return validate({ ...plan, program: isIcinga ? program : usual });
    },
    holder(port) {
      const pid = listenerOf(port);
      const name = listProcesses().find((process) => process.pid === pid)?.exe;
      return Promise.resolve(pid === undefined ? undefined : `process ${pid} (${name})`);
    },
  };
}
