/**
 * What a soak is held against: a main thread with two bare workers, of which so many are ended, each replaced by a
 * new one, and then it rests and says what it holds: `bare_ending.ts <rest, ms> <how many before each rest…>`.
 */
// deno-lint-ignore-file no-console
import { holdings, moreHandles } from "./holdings.ts";

const [rest = 0, ...counts] = Deno.args.map(Number);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function start(): Promise<Worker> {
  const worker = new Worker(import.meta.resolve("./bare_worker.ts"), { type: "module" });
  await new Promise((resolve) => worker.onmessage = resolve);
  return worker;
}

const workers = [await start(), await start()];
let before = holdings("self");
for (const count of counts) {
  for (let ended = 0; ended < count; ended++) {
    await sleep(100);
    workers.shift()!.terminate();
    workers.push(await start());
  }
  console.log(`rests after ${count}`);
  await sleep(rest);
  const after = holdings("self");
  const more = moreHandles(before.handles, after.handles) || "none";
  console.log(`${after.threads} threads, ${after.handles.length} handles; since before: ${more}`);
  before = after;
}
Deno.exit(0);
