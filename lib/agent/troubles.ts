import type { AgentTrouble, TroubleKind } from "../daemon/mod.ts";
import { agentLog, type WriteLog } from "../log/mod.ts";

/** Tells what the agent cannot do, in one line, or undefined: it can again. */
export type ReportTrouble = (kind: TroubleKind, text: string | undefined) => void;

/** The map of the public state that holds troubles. */
interface TroubleMap {
  set(kind: string, trouble: AgentTrouble): unknown;
  delete(kind: string): unknown;
}

/** What the agent itself cannot do at present: it is logged when it begins and ends, and part of the verdict meanwhile. */
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
    if (!before) this.#log("warning", text);
  };

  /** From now on troubles are logged; those that there are, at once. */
  logTo(write: WriteLog): void {
    this.#write = write;
    for (const { text } of this.#known.values()) this.#log("warning", text);
  }

  /** From now on a map of the public state holds them; undefined: none does any more. */
  publish(map: TroubleMap | undefined): void {
    this.#published = map;
    for (const [kind, trouble] of this.#known) map?.set(kind, trouble);
  }

  /** Not at once: the log itself may be what reports. */
  #log(level: "info" | "warning", text: string): void {
    const write = this.#write;
    if (write) queueMicrotask(() => agentLog(write)[level](text));
  }
}
