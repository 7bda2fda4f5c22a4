import { pathToFileURL } from "node:url";

/** What Deno may allow a daemon without any permission, each in plain words. */
const HOLES = {
  internals: "the runtime's internals, which end the process",
  imports: "imports of files that may not be read",
  umask: "Deno.umask, which changes the whole process",
  workers: "workers without limits",
  values: "values on a channel that its other end cannot read",
} as const;

/** Which holes are closed, and by whom. */
export interface RuntimeHoles {
  /** What Deno leaves open and icinga-warden closes. */
  closedByIcingaWarden: string[];
  /** What Deno closes by itself. */
  closedByDeno: string[];
}

/** How long the worker has to report what is closed, ms; the rest counts as open. */
const LIMIT = 2_000;

/** Tries in a worker without any permission what this version of Deno allows; takes some 50 ms. */
export async function probeRuntime(): Promise<RuntimeHoles> {
  const code = `(${look})(${JSON.stringify(pathToFileURL("none.json").href)})`;
  const options = { type: "module", deno: { permissions: "none" } } as const;
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(code)}`, options);
  const closed = new Set<string>();
  const done = Promise.withResolvers<void>();
  const timer = setTimeout(done.resolve, LIMIT);
  worker.onerror = (event) => event.preventDefault();
  worker.onmessage = ({ data }: MessageEvent<string>) => {
    if (data === "done") done.resolve();
    else closed.add(data);
  };
  await done.promise;
  clearTimeout(timer);
  worker.terminate();
  const holes = Object.entries(HOLES);
  return {
    closedByIcingaWarden: holes.flatMap(([hole, words]) => closed.has(hole) ? [] : words),
    closedByDeno: holes.flatMap(([hole, words]) => closed.has(hole) ? words : []),
  };
}

/**
 * Posts the holes that are closed. Its text runs in the worker, and sees nothing of this file.
 *
 * @param file the URL of a file that does not exist.
 */
async function look(file: string): Promise<void> {
  const { internal } = Deno as unknown as { internal: symbol };
  const internals = (Deno as unknown as Record<symbol, { core?: { ops?: object } }>)[internal];
  if (!("op_panic" in (internals?.core?.ops ?? {}))) self.postMessage("internals");
  const isRefused = (error: unknown) => /Requires \w+ access/.test((error as Error).message);
  try {
    Deno.umask();
  } catch {
    self.postMessage("umask");
  }
  await import(file).catch((error) => isRefused(error) && self.postMessage("imports"));
  const [a, b] = [new BroadcastChannel("look"), new BroadcastChannel("look")];
  b.onmessage = ({ data }) => {
    if (data instanceof DOMException) self.postMessage("values");
    self.postMessage("done");
  };
  self.onunhandledrejection = (event) => {
    event.preventDefault();
    self.postMessage("done");
  };
  a.postMessage(new DOMException("x"));
}

/** The holes in one line, for the log. */
export function describeHoles({ closedByIcingaWarden, closedByDeno }: RuntimeHoles): string {
  const list = (holes: readonly string[]) => holes.join(", ") || "nothing";
  return `Forbidden to daemons by icinga-warden: ${
    list(closedByIcingaWarden)
  }; by Deno ${Deno.version.deno} itself: ${list(closedByDeno)}`;
}
