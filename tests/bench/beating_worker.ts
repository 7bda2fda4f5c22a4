/**
 * A thread that is awake as often as the public state's beats wake an idle one, in a time that goes faster; told so, it
 * then gives its signs of life as a daemon's thread does.
 */
import { Heartbeat, heartbeatInterval, startHeartbeat } from "../../lib/thread/heartbeat.ts";
import { systemTimers, type Timers } from "../../lib/base/mod.ts";

/** What it is told. */
export interface Order {
  /** How many times faster time goes. */
  speed: number;
  /** The time from one beat of the public state to the next, ms. */
  awakeEvery: number;
  /** Where its signs of life go; without it, it gives none. */
  memory?: SharedArrayBuffer;
}

self.onmessage = ({ data: { speed, awakeEvery, memory } }: MessageEvent<Order>) => {
  const timers: Timers = {
    now: () => systemTimers.now() * speed,
    after: (ms, run) => systemTimers.after(ms / speed, run),
    every: (ms, run) => systemTimers.every(ms / speed, run),
  };
  const sender = memory && startHeartbeat(new Heartbeat(memory), heartbeatInterval(30_000), timers);
  timers.every(awakeEvery, () => sender?.onWake(0));
  self.postMessage("ready");
};
