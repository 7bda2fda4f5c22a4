import type { Clock } from "../base/mod.ts";
import { AGENT_MAPS, type Pause } from "../daemon/mod.ts";
import type { PublicState, ReplicatedMap } from "../state/mod.ts";

/** Time between two saves of what is left of a pause, ms. */
const SAVE_EVERY = 60_000;

/** What a pause of the whole agent holds back. */
interface Held {
  close(): void;
  open(): void;
}

/**
 * The pauses of the agent and of single services, in the public state. Those with an end are saved: they outlive the
 * agent, but never the time that was asked for, as far as the monotonic clock has counted it.
 */
export class Pauses {
  readonly #all: ReplicatedMap<string, Pause>;
  readonly #services: ReplicatedMap<string, Pause>;
  readonly #clock: Clock;
  readonly #gate: Held;
  readonly #tell: (text: string) => void;
  /** The pauses with an end, by service; undefined: the agent's. */
  readonly #counting = new Map<string | undefined, { stop: AbortController; save: () => void }>();

  /** Continues the saved pauses. @param tell called with one line for each, and for each that ends by itself. */
  constructor(state: PublicState, clock: Clock, gate: Held, tell: (text: string) => void) {
    this.#all = state.map(AGENT_MAPS.maintenance, { persistent: true });
    this.#services = state.map(AGENT_MAPS.servicePauses, { persistent: true });
    this.#clock = clock;
    this.#gate = gate;
    this.#tell = tell;
    this.#restore(undefined, this.#all.get("paused"));
    for (const [service, pause] of [...this.#services]) this.#restore(service, pause);
  }

  /**
   * Begins a pause; it replaces an earlier one.
   *
   * @param duration ms after which it ends. Default: it has no end.
   * @param service the one that is left alone. Default: all, and the agent's daemons idle.
   */
  begin(by: Pause["by"], duration?: number, service?: string): void {
    const since = Date.now();
    const until = duration === undefined
      ? {}
      : { until: new Date(since + duration).toISOString(), left: duration };
    this.#hold({ since: new Date(since).toISOString(), by, ...until }, service?.toLowerCase());
  }

  /** Ends a pause. */
  end(service?: string): void {
    const key = service?.toLowerCase();
    this.#counting.get(key)?.stop.abort();
    this.#counting.delete(key);
    if (key !== undefined) return void this.#services.delete(key);
    this.#all.delete("paused");
    this.#gate.open();
  }

  /** Counts no further; what is left stays saved. */
  close(): void {
    for (const { stop, save } of this.#counting.values()) {
      stop.abort();
      save();
    }
  }

  #restore(service: string | undefined, pause: Pause | undefined): void {
    if (pause === undefined) return;
    const now = Date.now();
    const left = Math.min(Date.parse(pause.until ?? "") - now, pause.left ?? 0);
    if (!(left > 0)) return this.#over(service, pause);
    const since = Math.min(now, Date.parse(pause.since) || now);
    const until = new Date(now + left).toISOString();
    this.#hold({ by: pause.by, since: new Date(since).toISOString(), until, left }, service);
    this.#tell(`${nameOf(service)} is still paused, until ${until}: the pause outlives a restart`);
  }

  /** A pause has ended without a command. */
  #over(service: string | undefined, { until }: Pause): void {
    this.end(service);
    const why = until === undefined
      ? "a pause without a duration lasts until the agent is restarted"
      : "the duration of the pause is over";
    this.#tell(`${nameOf(service)} is no longer paused: ${why}`);
  }

  #hold(pause: Pause, service: string | undefined): void {
    this.#counting.get(service)?.stop.abort();
    this.#counting.delete(service);
    if (service === undefined) this.#gate.close();
    this.#save(service, pause);
    if (pause.left === undefined) return;
    const end = this.#clock.now() + pause.left;
    const stop = new AbortController();
    const save = () => {
      const left = Math.ceil(end - this.#clock.now());
      if (left > 0) this.#save(service, { ...pause, left });
    };
    this.#counting.set(service, { stop, save });
    this.#count(end, save, stop.signal).then(() => this.#over(service, pause), () => {});
  }

  /** Rejects when the pause is ended, or the agent stops. */
  async #count(end: number, save: () => void, signal: AbortSignal): Promise<void> {
    for (let left = end - this.#clock.now(); left > 0; left = end - this.#clock.now()) {
      await this.#clock.sleep(Math.min(left, SAVE_EVERY), signal);
      save();
    }
  }

  #save(service: string | undefined, pause: Pause): void {
    if (service === undefined) this.#all.set("paused", pause);
    else this.#services.set(service, pause);
  }
}

/** What a pause is of, at the beginning of a sentence. */
function nameOf(service: string | undefined): string {
  return service === undefined ? "The agent" : `Service '${service}'`;
}
