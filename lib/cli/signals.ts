/** Ctrl+C, Ctrl+Break, a closed console, and what ends a program on Unix. */
const STOP_SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK", "SIGHUP"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/** Calls `stop` with the signal's name at each signal that asks the program to stop; returns what undoes it. */
export function onStopSignal(stop: (signal: Deno.Signal) => void): () => void {
  const listeners = STOP_SIGNALS.map((signal) => ({ signal, listen: () => stop(signal) }));
  for (const { signal, listen } of listeners) Deno.addSignalListener(signal, listen);
  return () => {
    for (const { signal, listen } of listeners) Deno.removeSignalListener(signal, listen);
  };
}
