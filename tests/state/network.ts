import { PublicState, type StateChannel, type StateOptions } from "../../lib/state/mod.ts";

/** A message on its way to one copy: after how many ms it arrives, for each time that it does. */
export type Fate = (message: unknown[], to: string) => readonly number[];

interface Event {
  at: number;
  order: number;
  run: () => void;
}

/** Copies over a channel in memory, on a clock of its own: everything happens in `run`, in the same order each time. */
export class Network {
  /** What becomes of the messages; each arrives once after 1 ms unless told. */
  fate: Fate = () => [1];
  /** All that was sent. */
  readonly sent: unknown[][] = [];
  /** What copies have complained of. */
  readonly problems: string[] = [];
  readonly #ends = new Map<StateChannel, string>();
  readonly #events: Event[] = [];
  #now = 0;
  #order = 0;
  #incarnations = 0;

  /** A new copy. */
  join(thread: string, options: Partial<StateOptions> = {}): PublicState {
    return new PublicState({
      thread,
      channel: this.end(thread),
      clock: this.clock(),
      incarnation: String(this.#incarnations++),
      onProblem: (problem) => this.problems.push(problem),
      ...options,
    });
  }

  /** The end of the channel of a thread. */
  end(thread: string): StateChannel {
    const end: StateChannel = {
      onmessage: null,
      postMessage: (data) => this.#post(end, data as unknown[]),
      close: () => void this.#ends.delete(end),
    };
    this.#ends.set(end, thread);
    return end;
  }

  /** The network's time; what is scheduled on a stopped clock does not happen. */
  clock(): NonNullable<StateOptions["clock"]> {
    return {
      now: () => this.#now,
      after: (ms, run) => {
        const event = this.#schedule(ms, run);
        return () => event.run = () => {};
      },
      atTurnsEnd: (run) => void this.#schedule(0, run),
    };
  }

  /** Lets `ms` pass. */
  run(ms: number): void {
    const end = this.#now + ms;
    while (this.#events.length > 0 && this.#events[0]!.at <= end) {
      const event = this.#events.shift()!;
      this.#now = Math.max(this.#now, event.at);
      event.run();
    }
    this.#now = end;
  }

  #post(from: StateChannel, data: unknown[]): void {
    const message = structuredClone(data);
    this.sent.push(message);
    for (const [end, thread] of this.#ends) {
      if (end === from) continue;
      for (const delay of this.fate(message, thread)) {
        this.#schedule(delay, () => {
          if (!this.#ends.has(end)) return;
          end.onmessage?.({ data: structuredClone(message) } as MessageEvent);
        });
      }
    }
  }

  #schedule(ms: number, run: () => void): Event {
    const event = { at: this.#now + ms, order: this.#order++, run };
    let place = this.#events.length;
    while (place > 0 && this.#events[place - 1]!.at > event.at) place--;
    this.#events.splice(place, 0, event);
    return event;
  }
}

/** What a copy holds of a map, by key. */
export function content(state: PublicState, path = "M"): Record<string, unknown> {
  return Object.fromEntries([...state.map(path)].sort());
}
