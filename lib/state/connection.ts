import { Type, writeMessage, type WriterProgress } from "./message.ts";
import { Bucket } from "./pace.ts";
import type { StateChannel, StateClock } from "./state.ts";

/** The budget of a thread for missed batches, characters: the burst, and the rate a second. */
const REPEATED = { burst: 16_777_216, perSecond: 4_194_304 };

/** Told the characters of each message with writes. Returns how long the thread is to wait with the next one, ms. */
export type CountWrites = (characters: number) => number;

/** The main thread's end of a copy's port. */
export class CopyConnection implements WriterProgress {
  number = 0;
  isSnapshotUnderWay = false;
  /** Whether it was reported that this thread writes too much. */
  isTold = false;
  readonly #clock: StateClock;
  readonly #repeated: Bucket;
  /** What came too early, and what follows it; and when the last of it is due. */
  readonly #held: (() => void)[] = [];
  #due = 0;

  /** @param id unique among all connections, also those of the past. */
  constructor(
    readonly id: number,
    readonly thread: string,
    readonly port: StateChannel,
    clock: StateClock,
  ) {
    this.#clock = clock;
    this.#repeated = new Bucket(REPEATED.burst, REPEATED.perSecond, clock.now());
  }

  /** Calls `take` with each message of the thread. Writes above the rate wait, and the thread is asked to wait. */
  listen(countWrites: CountWrites, take: (data: unknown) => void): void {
    this.port.onmessage = ({ data }) => {
      const run = () => take(data);
      if (!isOf(data, Type.write)) return isOf(data, Type.leave) ? this.inTurn(run) : run();
      const wait = Math.ceil(countWrites(data.length));
      if (wait > 0) this.port.postMessage(writeMessage([Type.wait, wait]));
      this.inTurn(run, wait);
    };
  }

  /** Calls `run` after what waits already, and `wait` ms at least. */
  inTurn(run: () => void, wait = 0): void {
    if (wait === 0 && this.#held.length === 0) return run();
    const now = this.#clock.now();
    this.#due = Math.max(this.#due, now + wait);
    this.#held.push(run);
    this.#clock.after(this.#due - now, () => this.#held.shift()?.());
  }

  /** What waits is taken now. */
  takeHeld(): void {
    for (let run; (run = this.#held.shift());) run();
  }

  /** Whether its budget for missed batches is used up, so that it has to ask again later. */
  get asksTooOften(): boolean {
    return this.#repeated.use(0, this.#clock.now()) > 0;
  }

  /** Sends what it has missed. */
  repeat(message: string): void {
    this.#repeated.use(message.length, this.#clock.now());
    this.port.postMessage(message);
  }

  /**
   * Sends the whole state, a piece each turn. Changes in between are sent in batches too.
   *
   * @param lastBatch the number of the last batch that was sent, now and later.
   * @param goesOn whether the next piece is still wanted.
   */
  sendSnapshot(
    pieces: Iterator<{ text: string; isLast: boolean }>,
    lastBatch: () => number,
    goesOn: () => boolean,
  ): void {
    this.isSnapshotUnderWay = true;
    const start = lastBatch();
    const writers = [[this.id, this.thread, this.number]];
    const send = () => {
      const { value, done } = pieces.next();
      if (done || !goesOn()) {
        this.isSnapshotUnderWay = false;
        return;
      }
      const head = [Type.snapshot, Number(value.isLast), lastBatch(), start, writers];
      this.repeat(writeMessage(head, value.text));
      this.#clock.atTurnsEnd(send);
    };
    send();
  }

  /** Takes nothing from it any more. */
  end(): void {
    this.port.onmessage = null;
    this.port.close();
  }
}

function isOf(data: unknown, type: number): data is string {
  return typeof data === "string" && data.startsWith(`[${type}`) && !/\d/.test(data.charAt(2));
}
