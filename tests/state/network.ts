import { PublicState, type StateChannel, type StateOptions } from "../../lib/state/mod.ts";

/** A message on its way to one copy: after how many ms it arrives, for each time that it does. */
export type Fate = (message: unknown[], to: string) => readonly number[];

/** Whose event it is; for the dead nothing happens any more, and for the busy nothing until later. */
interface Owner {
  readonly thread: string;
  busyUntil: number;
  isDead: boolean;
}

interface Event {
  at: number;
  readonly owner: Owner;
  readonly isMessage: boolean;
  /** Whether it waits until its owner is no longer busy. */
  isLate: boolean;
  run: () => void;
}

/** Copies over a channel in memory, on a clock of its own: everything happens in `run`, in the same order each time. */
export class Network {
  /** What becomes of the messages; each arrives once after 1 ms unless told. */
  fate: Fate = () => [1];
  /** How long a turn of the event loop is, ms. */
  turn = 0;
  /** How many messages the channel keeps for a copy that is busy; of more it drops the first. */
  capacity = 256;
  /** All that was sent to all. */
  readonly sent: unknown[][] = [];
  /** What copies have complained of. */
  readonly problems: string[] = [];
  readonly #ends = new Map<StateChannel, Owner>();
  readonly #owners = new Map<PublicState, Owner>();
  readonly #events: Event[] = [];
  #now = 0;
  #incarnations = 0;

  /** A new copy; with a line to the copy `first`, if that is told. */
  join(
    thread: string,
    { lineTo, ...options }: Partial<StateOptions> & { lineTo?: PublicState | undefined } = {},
  ): PublicState {
    const owner: Owner = { thread, busyUntil: 0, isDead: false };
    const line = lineTo && this.#line(lineTo, owner);
    const state = new PublicState({
      thread,
      channel: this.#end(owner),
      ...(line && { line }),
      clock: {
        now: () => this.#now,
        after: (ms, run) => {
          const event = this.#schedule(ms, owner, run);
          return () => event.run = () => {};
        },
        atTurnsEnd: (run) => void this.#schedule(this.turn, owner, run),
      },
      incarnation: String(this.#incarnations++),
      onProblem: (problem) => this.problems.push(problem),
      ...options,
    });
    this.#owners.set(state, owner);
    return state;
  }

  /** An end of the channel with no copy behind it. */
  end(thread: string): StateChannel {
    return this.#end({ thread, busyUntil: 0, isDead: false });
  }

  /** A copy dies without a word. */
  kill(state: PublicState): void {
    this.#owners.get(state)!.isDead = true;
  }

  /** A copy's event loop is blocked for `ms`. */
  block(state: PublicState, ms: number): void {
    this.#owners.get(state)!.busyUntil = this.#now + ms;
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
      postMessage: (data) => this.#post(end, data as unknown[]),
      close: () => void this.#ends.delete(end),
    };
    this.#ends.set(end, owner);
    return end;
  }

  /** A line between two copies, which loses and delays as the channel does; the end of `to`. */
  #line(from: PublicState, to: Owner): StateChannel {
    let isOpen = true;
    const close = () => void (isOpen = false);
    const send = (owner: Owner, end: () => StateChannel) => (data: unknown) => {
      const message = structuredClone(data) as unknown[];
      this.#deliver(message, end(), owner, () => isOpen);
    };
    const near: StateChannel = { onmessage: null, close, postMessage: send(to, () => far) };
    const owner = this.#owners.get(from)!;
    const far: StateChannel = { onmessage: null, close, postMessage: send(owner, () => near) };
    from.connect(near);
    return far;
  }

  #post(from: StateChannel, data: unknown[]): void {
    const message = structuredClone(data);
    this.sent.push(message);
    for (const [end, owner] of this.#ends) {
      if (end !== from) this.#deliver(message, end, owner, () => this.#ends.has(end));
    }
  }

  #deliver(message: unknown[], end: StateChannel, owner: Owner, isOpen: () => boolean): void {
    if (owner.isDead) return;
    for (const delay of this.fate(message, owner.thread)) {
      const arrive = () => {
        if (isOpen()) end.onmessage?.({ data: structuredClone(message) } as MessageEvent);
      };
      this.#schedule(delay, owner, arrive, true);
    }
  }

  #postpone(event: Event): void {
    this.#insert(Object.assign(event, { at: event.owner.busyUntil, isLate: true }));
    if (!event.isMessage) return;
    const kept = this.#events.filter(({ owner, isMessage, isLate }) =>
      isMessage && isLate && owner === event.owner
    );
    if (kept.length > this.capacity) this.#events.splice(this.#events.indexOf(kept[0]!), 1);
  }

  #schedule(ms: number, owner: Owner, run: () => void, isMessage = false): Event {
    return this.#insert({ at: this.#now + ms, owner, isMessage, isLate: false, run });
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
