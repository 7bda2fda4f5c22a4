import type { AgentTrouble, ReportTrouble, TroubleKind } from "../daemon/mod.ts";
import { agentLog, type WriteLog } from "../log/mod.ts";

/** The map of the public state that holds troubles. */
interface TroubleMap {
  set(kind: string, trouble: AgentTrouble): unknown;
  delete(kind: string): unknown;
}

/** What the agent itself cannot do at present. Logged at its start and end; part of `status` in between. */
export class Troubles {
  readonly #known = new Map<TroubleKind, AgentTrouble>();
  #write: WriteLog | undefined;
  #published: TroubleMap | undefined;

  /** See {@linkcode ReportTrouble}. */
  readonly report: ReportTrouble = (kind, text) => {
    const before = this.#known.get(kind);
    if (text === before?.text) return;
    if (text === undefined) {
      this.#known.delete(kind);
      this.#published?.delete(kind);
      this.#log("info", `It works again. Since ${before!.since}: ${before!.text}`);
      return;
    }
    const trouble = { since: before?.since ?? new Date().toISOString(), text };
    this.#known.set(kind, trouble);
    this.#published?.set(kind, trouble);
    if (!before) this.#begin(kind, text);
  };

  /** Logs troubles from now on, and the present ones immediately. */
  logTo(write: WriteLog): void {
    this.#write = write;
    for (const [kind, { text }] of this.#known) this.#begin(kind, text);
  }

  /** Shares troubles in a map of the public state from now on; undefined: no longer. */
  publish(map: TroubleMap | undefined): void {
    this.#published = map;
    for (const [kind, trouble] of this.#known) map?.set(kind, trouble);
  }

  #begin(kind: TroubleKind, text: string): void {
    // The problems of the configuration are logged elsewhere, a line each.
    if (kind === "configuration") return;
    this.#log(kind === "commands" || kind === "metrics" ? "error" : "warning", text);
  }

  /** Logs in a later turn, since the log itself may be the reporter. */
  #log(level: "info" | "warning" | "error", text: string): void {
    const write = this.#write;
    if (write) queueMicrotask(() => agentLog(write)[level](text));
  }
}
