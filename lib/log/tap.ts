import type { Sink } from "@logtape/logtape";
import type { WriteLog } from "./entry.ts";

/** Tells a listener of every record from now on; returns what ends that. A listener never throws. */
export type ListenToLog = (listener: WriteLog) => () => void;

/** A sink that hands records to those who listen. */
export function tapSink(): { sink: Sink; listen: ListenToLog } {
  const listeners = new Set<WriteLog>();
  return {
    sink: ({ timestamp, level, category, rawMessage }) => {
      const source = category.slice(1).join(" ");
      const entry = { time: timestamp, level, source, message: String(rawMessage) };
      for (const listener of listeners) listener(entry);
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
