import { assertEquals } from "@std/assert";
import { Lifeline } from "../../lib/supervisor/lifeline.ts";

/** A worker that says that it is there and then does something; what ends it, and its lifeline. */
async function startWorker(act: string) {
  const text = `self.onmessage = ({ data }) => { self.postMessage(0); ${act} };`;
  const url = `data:application/javascript,${encodeURIComponent(text)}`;
  const worker = new Worker(url, { type: "module" });
  const lifeline = new Lifeline();
  const shared = new Int32Array(new SharedArrayBuffer(4));
  const there = new Promise((resolve) => worker.onmessage = resolve);
  worker.postMessage(shared, [lifeline.far]);
  await there;
  return { worker, lifeline, shared };
}

/** Waits for a thread's end, for which alone the process would not stay. */
async function untilGone(gone: Promise<void>): Promise<void> {
  const stay = setInterval(() => {}, 1_000);
  await gone;
  clearInterval(stay);
}

for (const act of ["setInterval(() => {}, 1_000);", "self.close();"]) {
  Deno.test(`a thread that has a turn is gone when it is told to end: ${act}`, async () => {
    const { worker, lifeline } = await startWorker(act);
    worker.terminate();
    await untilGone(lifeline.gone());
  });
}

Deno.test("a thread that is held goes on, and is gone when it is let go", async () => {
  const { worker, lifeline, shared } = await startWorker("Atomics.wait(data, 0, 0);");
  worker.terminate();
  let isGone = false;
  const gone = lifeline.gone().then(() => void (isGone = true));
  while (Atomics.notify(shared, 0) === 0) {
    assertEquals(isGone, false);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await untilGone(gone);
});
