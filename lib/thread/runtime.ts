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
  /** What Deno itself closes. */
  closedByDeno: string[];
}

/** How long the worker has to report what is closed, ms; without a report all counts as open. */
const LIMIT = 10_000;

/** Tries in a worker without any permission what this version of Deno allows; takes some 50 ms. */
export async function probeRuntime(): Promise<RuntimeHoles> {
  const code = `(${look})(${JSON.stringify(pathToFileURL("none.json").href)})`;
  const options = { type: "module", deno: { permissions: "none" } } as const;
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(code)}`, options);
  const done = Promise.withResolvers<string[]>();
  const timer = setTimeout(() => done.resolve([]), LIMIT);
  worker.onerror = (event) => event.preventDefault();
  worker.onmessage = ({ data }: MessageEvent<string[]>) => done.resolve(data);
  const closed = new Set(await done.promise);
  clearTimeout(timer);
  worker.terminate();
  const holes = Object.entries(HOLES);
  return {
    closedByIcingaWarden: holes.flatMap(([hole, words]) => closed.has(hole) ? [] : words),
    closedByDeno: holes.flatMap(([hole, words]) => closed.has(hole) ? words : []),
  };
}

/**
 * Posts the holes that are closed, all at once: Deno 2.9 may lose the first messages of a worker. Its text runs in the
 * worker, and sees nothing of this file.
 *
 * @param file the URL of a file that does not exist.
 */
async function look(file: string): Promise<void> {
  const closed: string[] = [];
  const { internal } = Deno as unknown as { internal: symbol };
  const internals = (Deno as unknown as Record<symbol, { core?: { ops?: object } }>)[internal];
  if (!("op_panic" in (internals?.core?.ops ?? {}))) closed.push("internals");
  const isRefused = (error: unknown) => /Requires \w+ access/.test((error as Error).message);
  try {
    Deno.umask();
  } catch {
    closed.push("umask");
  }
  await import(file).catch((error) => isRefused(error) && closed.push("imports"));
  const [a, b] = [new BroadcastChannel("look"), new BroadcastChannel("look")];
  b.onmessage = ({ data }) => {
    if (data instanceof DOMException) closed.push("values");
    self.postMessage(closed);
  };
  self.onunhandledrejection = (event) => {
    event.preventDefault();
    self.postMessage(closed);
  };
  a.postMessage(new DOMException("x"));
}
