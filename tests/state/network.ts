import {
  type CountWrites,
  type MainOptions,
  MainState,
  type PublicState,
  type StateChannel,
  StateCopy,
} from "../../lib/state/mod.ts";
import { Type } from "../../lib/state/message.ts";

/** What travels on the channel. */
export type Kind = "batch" | "heartbeat" | "foreign";

/** A message of the channel on its way to one copy: after how many ms it arrives, for each time that it does. */
export type Fate = (kind: Kind, to: string) => readonly number[];

/** Whose event it is; for the dead nothing happens any more, and for the busy nothing until later. */
interface Owner {
  readonly thread: string;
  busyUntil: number;
  isDead: boolean;
  /** Ends its port in the main thread. */
  disconnect: () => void;
}

interface Event {
  at: number;
  readonly owner: Owner;
  /** Whether it came on the channel, which keeps few for the busy. */
  readonly isBroadcast: boolean;
  /** Whether it waits until its owner is no longer busy. */
  isLate: boolean;
  run: () => void;
}

/** A message that was sent. */
export interface Sent {
  readonly kind: Kind;
  readonly text: string;
}

/**
 * Copies over a channel and ports in memory, on a clock of its own: everything happens in `run`, in the same order each
 * time. Ports are reliable and in order; what becomes of the channel's messages is `fate`.
 */
export class Network {
  /** What becomes of the channel's messages; each arrives once after 1 ms unless told. */
  fate: Fate = () => [1];
  /** How long a turn of the event loop is, ms. */
  turn = 0;
  /** How many messages the channel keeps for a copy that is busy; of more it drops the first. */
  capacity = 256;
  /** All that was sent on the channel. */
  readonly sent: Sent[] = [];
  /** All that was sent on ports, and by whom. */
  readonly ported: { readonly from: string; readonly text: string }[] = [];
  /** What copies have complained of. */
  readonly problems: string[] = [];
  /** The channels that were opened, by name. */
  readonly names: Set<string> = new Set();
  readonly #ends = new Map<StateChannel, Owner>();
  readonly #owners = new Map<PublicState, Owner>();
  readonly #events: Event[] = [];
  #main: MainState | undefined;
  #mainOwner: Owner | undefined;
  #now = 0;

  /** A new copy. The first one is the main thread's. */
  join(
    thread: string,
    options: Partial<MainOptions> = {},
    countWrites?: CountWrites,
  ): PublicState {
    const owner: Owner = { thread, busyUntil: 0, isDead: false, disconnect: () => {} };
    const all: MainOptions = {
      thread,
      clock: {
        now: () => this.#now,
        after: (ms, run) => {
          const event = this.#schedule(ms, owner, run);
          return () => event.run = () => {};
        },
        atTurnsEnd: (run) => void this.#schedule(this.turn, owner, run),
      },
      openChannel: (name) => {
        this.names.add(name);
        return this.#end(owner);
      },
      onProblem: (problem) => this.problems.push(problem),
      ...options,
    };
    let state: PublicState;
    if (!this.#main) {
      this.#mainOwner = owner;
      state = this.#main = new MainState(all);
    } else {
      const [near, far] = this.#ports(this.#mainOwner!, owner);
      owner.disconnect = this.#main.connect(near, thread, countWrites);
      state = new StateCopy({ ...all, port: far });
    }
    this.#owners.set(state, owner);
    return state;
  }

  /** An end of the channel with no copy behind it. */
  end(thread: string): StateChannel {
    return this.#end({ thread, busyUntil: 0, isDead: false, disconnect: () => {} });
  }

  /** The port of a thread that does not keep to the rules. */
  port(thread: string): StateChannel {
    const owner: Owner = { thread, busyUntil: 0, isDead: false, disconnect: () => {} };
    const [near, far] = this.#ports(this.#mainOwner!, owner);
    this.#main!.connect(near, thread);
    return far;
  }

  /** The channel ends that a copy has opened so far hear nothing any more. */
  deafen(state: PublicState): void {
    const owner = this.#owners.get(state)!;
    for (const [end, other] of this.#ends) if (other === owner) this.#ends.delete(end);
  }

  /** A copy dies without a word; who started it notices. */
  kill(state: PublicState): void {
    const owner = this.#owners.get(state)!;
    owner.isDead = true;
    owner.disconnect();
  }

  /** A copy's event loop is blocked for `ms`. */
  block(state: PublicState, ms: number): void {
    const owner = this.#owners.get(state)!;
    owner.busyUntil = Math.max(owner.busyUntil, this.#now + ms);
  }

  /** It is free again. */
  unblock(state: PublicState): void {
    const owner = this.#owners.get(state)!;
    const late = this.#events.filter((event) => event.owner === owner && event.isLate);
    for (const event of late) {
      this.#events.splice(this.#events.indexOf(event), 1);
      this.#insert(Object.assign(event, { at: this.#now, isLate: false }));
    }
    owner.busyUntil = this.#now;
  }

  /** Lets `ms` pass. */
  run(ms: number): void {
    const end = this.#now + ms;
    for (let event = this.#events[0]; event && event.at <= end; event = this.#events[0]) {
      this.#events.shift();
      this.#now = Math.max(this.#now, event.at);
      if (event.owner.isDead) continue;
      if (event.owner.busyUntil > this.#now) this.#postpone(event);
      else event.run();
    }
    this.#now = end;
  }

  #end(owner: Owner): StateChannel {
    const end: StateChannel = {
      onmessage: null,
      postMessage: (data) => this.#post(end, data),
      close: () => void this.#ends.delete(end),
    };
    this.#ends.set(end, owner);
    return end;
  }

  #ports(one: Owner, other: Owner): [StateChannel, StateChannel] {
    // What was sent before one end was closed arrives at the other.
    const closed = new Set<StateChannel>();
    const make = (from: Owner, to: Owner, target: () => StateChannel): StateChannel => {
      // Whichever event comes first takes the first message.
      const queue: unknown[] = [];
      return {
        onmessage: null,
        close() {
          closed.add(this);
        },
        postMessage: (data) => {
          if (typeof data === "string") this.ported.push({ from: from.thread, text: data });
          queue.push(structuredClone(data));
          this.#schedule(1, to, () => {
            const message = queue.shift();
            if (!closed.has(target())) target().onmessage?.({ data: message } as MessageEvent);
          });
        },
      };
    };
    const near = make(one, other, () => far);
    const far = make(other, one, () => near);
    return [near, far];
  }

  #post(from: StateChannel, data: unknown): void {
    const message = structuredClone(data);
    const isOurs = this.#ends.get(from) === this.#mainOwner;
    const kind = !isOurs ? "foreign" : isOf(message as string, Type.batch) ? "batch" : "heartbeat";
    if (isOurs) this.sent.push({ kind, text: message as string });
    for (const [end, owner] of this.#ends) {
      if (end === from || owner.isDead) continue;
      for (const delay of this.fate(kind, owner.thread)) {
        const arrive = () => {
          if (this.#ends.has(end)) {
            end.onmessage?.({ data: structuredClone(message) } as MessageEvent);
          }
        };
        this.#schedule(delay, owner, arrive, true);
      }
    }
  }

  #postpone(event: Event): void {
    this.#insert(Object.assign(event, { at: event.owner.busyUntil, isLate: true }));
    if (!event.isBroadcast) return;
    const kept = this.#events.filter(({ owner, isBroadcast, isLate }) =>
      isBroadcast && isLate && owner === event.owner
    );
    if (kept.length > this.capacity) this.#events.splice(this.#events.indexOf(kept[0]!), 1);
  }

  #schedule(ms: number, owner: Owner, run: () => void, isBroadcast = false): Event {
    return this.#insert({ at: this.#now + ms, owner, isBroadcast, isLate: false, run });
  }

  #insert(event: Event): Event {
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

/** Whether a message is of a type. */
export function isOf(message: string, type: number): boolean {
  return message.startsWith(`[${type},`);
}
