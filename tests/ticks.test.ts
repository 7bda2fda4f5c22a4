import { assertEquals, assertRejects } from "@std/assert";
import { systemClock } from "../lib/clock.ts";
import { type Timers, TimerTicks } from "../lib/ticks.ts";

/** Timers on a clock that stands until it is moved; as Deno's, an interval counts from when it fired. */
class FakeTimers implements Timers {
  /** How late each timer fires, ms. */
  late = 0;
  /** How many timers were made. */
  made = 0;
  #now = 0;
  #timers = new Map<number, { at: number; run: () => void; every?: number }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    return this.#add({ at: this.#now + ms, run });
  }

  every(ms: number, run: () => void): () => void {
    return this.#add({ at: this.#now + ms, run, every: ms });
  }

  get running(): number {
    return this.#timers.size;
  }

  /** The event loop is held, and no timer fires. */
  hold(ms: number): void {
    this.#now += ms;
  }

  /** Lets `ms` pass, and what waits for a timer have its turn. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve));
      const next = [...this.#timers].sort(([, a], [, b]) => a.at - b.at)[0];
      if (!next || next[1].at + this.late > end) break;
      const [id, timer] = next;
      this.#now = Math.max(this.#now, timer.at + this.late);
      if (timer.every === undefined) this.#timers.delete(id);
      else timer.at = this.#now + timer.every;
      timer.run();
    }
    this.#now = end;
  }

  #add(timer: { at: number; run: () => void; every?: number }): () => void {
    const id = ++this.made;
    this.#timers.set(id, timer);
    return () => this.#timers.delete(id);
  }
}

/** A loop on a rhythm of 1,000 ms, and when it beat. */
function loop(timers: FakeTimers, work: (beat: number) => void | Promise<void> = () => {}) {
  const stop = new AbortController();
  const ticks = new TimerTicks(1_000, stop.signal, timers);
  const beats: number[] = [];
  const done = (async () => {
    for (;;) {
      const late = await ticks.next();
      beats.push(timers.now() - late);
      await work(beats.length);
    }
  })().catch(() => {});
  return { beats, end: () => (stop.abort(), done) };
}

Deno.test("a rhythm keeps to its beats on one timer, which is set anew when it has fallen behind", async () => {
  const timers = new FakeTimers();
  timers.late = 1;
  const { beats, end } = loop(timers);
  await timers.pass(100_500);
  assertEquals(beats, Array.from({ length: 100 }, (_, i) => 1_000 * (i + 1)));
  assertEquals(timers.made < 25, true, `${timers.made} timers for 100 beats`);
  await end();
  assertEquals(timers.running, 0);
});

Deno.test("beats that went by while the thread was held are left out", async () => {
  const timers = new FakeTimers();
  const { beats, end } = loop(timers, (beat) => {
    if (beat === 2) timers.hold(2_400);
  });
  await timers.pass(8_500);
  assertEquals(beats, [1_000, 2_000, 5_000, 6_000, 7_000, 8_000]);
  await end();
});

Deno.test("beats that went by while nobody waited are left out", async () => {
  const timers = new FakeTimers();
  let go = () => {};
  const { beats, end } = loop(timers, (beat) => {
    return beat === 2 ? new Promise((resolve) => go = resolve) : undefined;
  });
  await timers.pass(4_400);
  go();
  await timers.pass(2_100);
  assertEquals(beats, [1_000, 2_000, 5_000, 6_000]);
  await end();
});

Deno.test("a rhythm ends at its signal, and who waits is told why", async () => {
  const stop = new AbortController();
  const ticks = new TimerTicks(60_000, stop.signal);
  const next = ticks.next();
  stop.abort(new Error("stopped"));
  await assertRejects(() => next, Error, "stopped");
  await assertRejects(() => ticks.next(), Error, "stopped");
});

Deno.test("the system's rhythm beats, also one that no timer can be set to", async () => {
  const stop = new AbortController();
  const ticks = systemClock.ticks(1, stop.signal);
  await ticks.next();
  await ticks.next();
  ticks.stop();
  let ended = "";
  const next = systemClock.ticks(2 ** 40, stop.signal).next()
    .then(() => ended = "beat", () => ended = "stopped");
  await systemClock.sleep(5);
  assertEquals(ended, "");
  stop.abort();
  await next;
  assertEquals(ended, "stopped");
});
