/** A thread that gives signs of life and does nothing else. */
import { Pulse, startBeating } from "../../lib/daemon/pulse.ts";

self.onmessage = ({ data }: MessageEvent<{ memory: SharedArrayBuffer; interval: number }>) => {
  startBeating(new Pulse(data.memory), data.interval);
  self.postMessage("ready");
};
