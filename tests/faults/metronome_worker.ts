/** The thread of a metronome: it ticks, remembers when it was late, and tells that when it is asked. */
import { type Span, TICK } from "./ticks.ts";

/** It ticks more often than what it is held against, so that each delay of the machine meets one of its ticks, ms. */
const INTERVAL = TICK / 10;

const delays: Span[] = [];
const now = () => performance.timeOrigin + performance.now();
let due = now() + INTERVAL;

setInterval(() => {
  const at = now();
  if (at - due >= TICK / 2) delays.push({ from: due, to: at });
  due = at + INTERVAL;
}, INTERVAL);

self.onmessage = ({ data }) => {
  if (typeof data !== "number") return self.postMessage(delays);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, data);
};
