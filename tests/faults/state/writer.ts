/** A thread that shares the state: it writes at full speed, is busy, and tells what it holds. */
import { setImmediate } from "node:timers/promises";
import { isUnreadableMessage, StateCopy } from "../../../lib/state/mod.ts";

/** What it is told; it answers each in turn. */
export type Order =
  | { do: "join"; thread: string; port: MessagePort }
  /** Writes for `ms`, after a spin of `spin` ms; the answer is how many increments that were. */
  | { do: "write"; ms: number; spin: number }
  | { do: "report" };

let state: StateCopy;

async function obey(order: Order): Promise<unknown> {
  switch (order.do) {
    case "join":
      state = new StateCopy({ thread: order.thread, port: order.port });
      return await state.ready;
    case "write":
      return await write(order.ms, order.spin);
    case "report":
      return [[...state.map("Values")].sort(), [...state.map("Counters")].sort()];
  }
}

async function write(ms: number, spin: number): Promise<number> {
  const [values, counters] = [state.map("Values"), state.map("Counters")];
  const end = performance.now() + ms;
  let increments = 0;
  while (performance.now() < end) {
    values.set(`k${Math.floor(Math.random() * 200)}`, { by: name, number: increments });
    if (increments % 10 === 0) values.delete(`k${Math.floor(Math.random() * 200)}`);
    counters.increment(`n${increments++ % 3}`);
    if (spin > 0 && increments === 100) {
      for (const until = performance.now() + spin; performance.now() < until;);
    }
    await setImmediate();
  }
  return increments;
}

self.onmessage = async ({ data }: MessageEvent<Order>) => self.postMessage(await obey(data));

// As in a daemon's thread, lib/thread/uncaught_output.ts.
self.addEventListener("unhandledrejection", (event) => {
  if (isUnreadableMessage(event.reason)) event.preventDefault();
});
