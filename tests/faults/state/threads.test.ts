/**
 * The same over a real channel, between real threads.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { MainState } from "../../../lib/state/mod.ts";
import type { Order } from "./writer.ts";

const WRITERS = 8;
const ROUNDS = 10;
const SPIN = 2_000;

class Writer {
  readonly #worker = new Worker(import.meta.resolve("./writer.ts"), { type: "module" });
  readonly #answers: ((answer: unknown) => void)[] = [];

  constructor() {
    this.#worker.onmessage = ({ data }) => this.#answers.shift()!(data);
  }

  tell(order: Order): Promise<unknown> {
    this.#worker.postMessage(order, order.do === "join" ? [order.port] : []);
    return new Promise((resolve) => this.#answers.push(resolve));
  }

  end(): void {
    this.#worker.terminate();
  }
}

/** Waits until every copy reports the same, for a minute at most; the answer is what they report. */
async function untilEqual(reports: () => Promise<unknown[]>): Promise<unknown[]> {
  for (const end = performance.now() + 60_000;;) {
    const copies = await reports();
    const isEqual = new Set(copies.map((copy) => JSON.stringify(copy))).size === 1;
    if (isEqual || performance.now() > end) return copies;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test(`${WRITERS} threads write at full speed while one is busy for ${SPIN} ms, ${ROUNDS} times`, async () => {
  const state = new MainState({ thread: "main" });
  const writers = Array.from({ length: WRITERS }, () => new Writer());
  const report = () => [[...state.map("Values")].sort(), [...state.map("Counters")].sort()];
  let increments = 0;
  try {
    await Promise.all(
      writers.map((writer, i) => {
        const { port1, port2 } = new MessageChannel();
        state.connect(port1, `writer${i}`);
        return writer.tell({ do: "join", thread: `writer${i}`, port: port2 });
      }),
    );
    for (let round = 0; round < ROUNDS; round++) {
      const counts = await Promise.all(
        writers.map((writer, i) =>
          writer.tell({ do: "write", ms: SPIN, spin: i === round % WRITERS ? SPIN : 0 })
        ),
      );
      increments += counts.reduce<number>((sum, count) => sum + (count as number), 0);
      const copies = await untilEqual(async () => [
        report(),
        ...await Promise.all(writers.map((writer) => writer.tell({ do: "report" }))),
      ]);
      for (const copy of copies) assertEquals(copy, copies[0]);
      const counters = [...state.map<string, number>("Counters").values()];
      assertEquals(counters.reduce((sum, count) => sum + count, 0), increments);
    }
  } finally {
    for (const writer of writers) writer.end();
    state.close();
  }
});
