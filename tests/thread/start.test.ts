import { assert, assertEquals } from "@std/assert";
import { within } from "../../lib/base/mod.ts";
import { ExitDetector, ownReads, workerPermissions } from "../../lib/thread/start.ts";

const programs = ["C:\\Windows\\System32\\sc.exe", "C:\\Windows\\System32\\net.exe"];

Deno.test("a daemon that manages services may run the two programs and nothing else", () => {
  const { read: _, ...rest } = workerPermissions({ services: true }, [], programs);
  assertEquals(rest, {
    run: programs,
    write: false,
    net: false,
    env: false,
    ffi: false,
    sys: false,
    import: [],
  });
});

Deno.test("a daemon that declares nothing may run nothing, and reads its own folder", () => {
  const { run, read } = workerPermissions({}, ownReads(["/home/daemons/x.js"], "/home"), programs);
  assertEquals(run, false);
  assertEquals(Array.isArray(read) && read.includes("/home/daemons"), true);
});

Deno.test("a daemon whose module lies in home, or above it, reads its module's files alone", () => {
  const alone = ["/w/x.js", "/w/lib/y.js", "/w/package.json", "/w/lib/package.json"];
  for (const home of ["/w", "/w/home", "/w/..home"]) {
    assertEquals(ownReads(["/w/x.js", "/w/lib/y.js"], home), alone);
  }
  assertEquals(ownReads(["/w/daemons/x.js"], "/w"), ["/w/daemons"]);
  assertEquals(ownReads(["/other/x.js"], "/w"), ["/other"]);
  assertEquals(ownReads([], "/w"), []);
});

Deno.test("on a simulated service manager there is nothing to run", () => {
  assertEquals(workerPermissions({ services: true }, [], []).run, false);
});

/** A worker that reports that it is there, and then acts; an exit detector for it, and whether that has told. */
async function startWorker(act: string) {
  const text = `self.onmessage = ({ data }) => { self.postMessage(0); ${act} };`;
  const url = `data:application/javascript,${encodeURIComponent(text)}`;
  const worker = new Worker(url, { type: "module" });
  const exit = new ExitDetector();
  const shared = new Int32Array(new SharedArrayBuffer(4));
  const there = new Promise((resolve) => worker.onmessage = resolve);
  worker.postMessage(shared, [exit.far]);
  await there;
  const state = { isGone: false };
  const gone = exit.gone().then(() => void (state.isGone = true));
  return { worker, shared, state, gone };
}

/** Waits for a worker's end, for which alone the process would not stay. */
async function untilGone(gone: Promise<void>): Promise<void> {
  await within(gone, { ms: 30_000, late: () => assert(false, "the worker is not gone") });
}

/** Lets messages of other threads come in. */
async function someTurns(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setTimeout(resolve, 1));
}

Deno.test("a worker that goes on is there, and gone once it is terminated", async () => {
  const { worker, state, gone } = await startWorker("setInterval(() => {}, 1_000);");
  await someTurns();
  assertEquals(state.isGone, false);
  worker.terminate();
  await untilGone(gone);
  assertEquals(state.isGone, true);
});

Deno.test("a worker that closes itself is gone", async () => {
  const { worker, state, gone } = await startWorker("self.close();");
  await untilGone(gone);
  assertEquals(state.isGone, true);
  worker.terminate();
});

Deno.test("a terminated worker that waits on shared memory is gone only when it is woken", async () => {
  const { worker, shared, state, gone } = await startWorker("Atomics.wait(data, 0, 0);");
  worker.terminate();
  while (Atomics.notify(shared, 0) === 0) {
    assertEquals(state.isGone, false);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await untilGone(gone);
  assertEquals(state.isGone, true);
});
