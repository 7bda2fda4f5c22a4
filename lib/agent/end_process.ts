import { attempt } from "../base/mod.ts";
import { agentLog, type WriteLog } from "../log/mod.ts";

/**
 * Ends a child process of the agent by its id, or that of a stuck service by the service's name, each
 * with all that it has started; there are services on Windows alone.
 */
export async function endProcess(what: number | string, log: WriteLog): Promise<void> {
  if (Deno.build.os !== "windows") return typeof what === "number" ? endProcTree(what) : undefined;
  const { endStuckService, endTree, windowsHost } = await import("../windows/mod.ts");
  if (typeof what === "number") return endTree(what);
  const refusal = endStuckService(windowsHost.database.query(what));
  const { warning } = agentLog(log);
  if (refusal === undefined) warning(`Ended the process of service '${what}', which was stuck`);
  else warning(`The process of service '${what}' is not ended: ${refusal}`);
}

/** Nothing where it is no child of this process. */
async function endProcTree(pid: number): Promise<void> {
  const { procTree } = await import("../icinga/mod.ts");
  if (!(await procTree(Deno.pid)).has(pid) || pid === Deno.pid) return;
  // One may have ended by itself.
  for (const id of await procTree(pid)) attempt(() => Deno.kill(id, "SIGKILL"), () => {});
}
