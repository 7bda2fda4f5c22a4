/** Calls `end` with the reason, in one line, when something is thrown on the main thread that nobody catches. */
export function onUncaught(end: (reason: string) => never): void {
  globalThis.addEventListener("error", (event) => end(describe(event.error ?? event.message)));
  globalThis.addEventListener("unhandledrejection", (event) => end(describe(event.reason)));
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return Deno.inspect(error);
  return (error.stack ?? `${error.name}: ${error.message}`).replace(/\s*\n\s*/g, " ");
}
