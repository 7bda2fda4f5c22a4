import type { StateChannel } from "./channel.ts";
import type { StateClock } from "./clock.ts";

/** Taken when this is loaded: a daemon's thread is left without it. */
const { BroadcastChannel } = globalThis;

/** How long a message to one copy may take to be on its way, ms. */
const LETTER_TIME = 200;

/** What a {@linkcode Mail} is made of. */
export interface MailOptions {
  /** Whose mail it is. */
  writer: string;
  /** The channel; a `BroadcastChannel` named `channelName` when left out. */
  channel: StateChannel | undefined;
  /** The name of the `BroadcastChannel`. */
  channelName: string;
  /** A line to the first copy. */
  line: StateChannel | undefined;
  clock: StateClock;
  /** Called with all that arrives. */
  onMessage: (data: unknown) => void;
  onProblem: (problem: string) => void;
}

/**
 * The ways on which a copy's messages travel: a channel to all, and lines between the first copy and each other. A
 * message on a `BroadcastChannel` wakes every thread that has opened one, under whatever name; one on a line wakes its
 * other end alone.
 */
export class Mail {
  /** Messages that were sent. */
  sent = 0;
  /** Messages that were received. */
  received = 0;
  /** Sends a message on the line to the first copy, where there is one. */
  readonly postToFirst: ((message: readonly unknown[]) => void) | undefined;
  readonly #options: MailOptions;
  readonly #channel: StateChannel;
  /** Where this copy alone is written to; undefined on a channel that was given. */
  readonly #letters: StateChannel | undefined;
  /** The lines, and which of them leads to whom, as far as they were heard on it. */
  readonly #lines = new Set<StateChannel>();
  readonly #lineTo = new Map<string, StateChannel>();

  constructor(options: MailOptions) {
    const { channel, channelName, writer, line } = options;
    this.#options = options;
    this.#channel = channel ?? new BroadcastChannel(channelName);
    this.#letters = channel ? undefined : new BroadcastChannel(`${channelName}/${writer}`);
    this.#channel.onmessage = this.#receive;
    if (this.#letters) this.#letters.onmessage = this.#receive;
    this.postToFirst = line && ((message) => this.#send(line, message));
    if (line) this.connect(line);
  }

  /** Takes a line to another copy; the answer cuts it. */
  connect(line: StateChannel): () => void {
    this.#lines.add(line);
    line.onmessage = (event) => {
      const from = event.data?.[1];
      if (typeof from === "string") this.#lineTo.set(from, line);
      this.#receive(event);
    };
    return () => {
      for (const [writer, known] of this.#lineTo) if (known === line) this.#lineTo.delete(writer);
      this.#lines.delete(line);
      line.close();
    };
  }

  /**
   * Sends a message to every other copy; to the copy `to` alone, where that is given. There it travels by itself: a
   * whole state is much to read, and many may start at once.
   */
  post(message: readonly unknown[], to?: string): void {
    const line = to === undefined ? undefined : this.#lineTo.get(to);
    if (line) return this.#send(line, message);
    if (to === undefined || !this.#letters) return this.#send(this.#channel, message);
    const letter = new BroadcastChannel(`${this.#options.channelName}/${to}`);
    this.#send(letter, message);
    // Closed at once, Deno 2.7 may not send it.
    this.#options.clock.after(LETTER_TIME, () => letter.close());
  }

  /** Ends all ways. */
  close(): void {
    this.#channel.close();
    this.#letters?.close();
    for (const line of this.#lines) line.close();
  }

  #send(way: StateChannel, message: readonly unknown[]): void {
    this.sent++;
    try {
      way.postMessage(message);
    } catch (error) {
      this.#options.onProblem(`The public state could not send a message: ${error}`);
    }
  }

  readonly #receive = ({ data }: MessageEvent): void => {
    this.received++;
    this.#options.onMessage(data);
  };
}
