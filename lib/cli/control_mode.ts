import type { Agent } from "../agent.ts";
import { systemClock } from "../base/mod.ts";
import type { ControlConfig } from "../config/mod.ts";
import type { TokenKind } from "../control/mod.ts";
import type { Log } from "../log/mod.ts";

/** What is served, and from where. */
export interface ServedAgent {
  agent: Agent;
  /** The home folder, absolute. */
  home: string;
  /** What the configuration says. */
  config: ControlConfig;
  log: Log;
}

/** Serves a running agent to commands, the page and Prometheus until the agent is done. Never rejects. */
export async function serveAgent({ agent, home, config, log }: ServedAgent): Promise<void> {
  const { startControl } = await import("../control/mod.ts");
  const { state } = agent;
  const control = await startControl({
    ...{ agent, home, config, log, state },
    watch: (listener) =>
      state.onChange(({ path, key, value }) => listener({ map: path, key, value })),
    ...{ clock: systemClock, protect },
  });
  await agent.done;
  await control.close();
}

/** On Windows a file's mode says nothing: its access list does. */
async function protect(path: string, kind: TokenKind): Promise<void> {
  if (Deno.build.os !== "windows") return;
  const { makePrivate } = await import("../windows/file_security.ts");
  makePrivate(path, kind === "monitor" ? ["network service", "local service"] : []);
}
