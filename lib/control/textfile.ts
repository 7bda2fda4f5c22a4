import { resolve } from "node:path";
import { type Clock, errorMessage, replaceFile } from "../base/mod.ts";
import type { MetricsConfig } from "../config/mod.ts";
import type { ReportTrouble } from "../daemon/mod.ts";
import type { EventSources } from "./events.ts";

/** What a textfile is written with. */
export interface TextfileParts {
  /** The home folder, which the path may be relative to. */
  home: string;
  clock: Clock;
  /** Told why it cannot be written, and that it can again. */
  report: ReportTrouble;
}

/** An unchanged file is written again after this multiple of `every`: an old file means that the agent has ended. */
const REWRITE_AFTER = 5;

/** Whether the textfile has to be written. `age` is how long ago it was written, ms. */
export function isTextfileDue(isChanged: boolean, age: number, every: number): boolean {
  return isChanged || age >= REWRITE_AFTER * every;
}

/**
 * Writes the metrics into the file of `control.metrics.textfile` at each `every` until `signal` is aborted. A reader
 * finds the old text or the new one. What fails is reported and tried again. Never rejects; the file stays.
 */
export async function keepTextfile(
  { textfile, every }: Pick<MetricsConfig, "textfile" | "every">,
  sources: EventSources,
  { home, clock, report }: TextfileParts,
  signal: AbortSignal,
): Promise<void> {
  if (textfile === undefined) return;
  const path = resolve(home, textfile);
  const { formatMetrics } = await import("./prometheus.ts");
  let written = { text: "", at: -Infinity };
  for (;;) {
    try {
      const { state, status, changes } = sources;
      const text = await formatMetrics(state, status(), changes(), { ownNames: true });
      if (isTextfileDue(text !== written.text, clock.now() - written.at, every)) {
        // No flush to the disk: after a crash the file is written again.
        await replaceFile(path, text, { flush: false, mode: 0o644 });
        written = { text, at: clock.now() };
      }
      report("textfile", undefined);
    } catch (error) {
      report("textfile", `control.metrics.textfile: ${errorMessage(error)}`);
    }
    if (await clock.sleep(every, signal).then(() => false, () => true)) return;
  }
}
