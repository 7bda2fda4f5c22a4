/** What 100,000 keys cost in memory, in bytes: as a copy of the state that another sent, or as a plain Map. */
import { MainState, type StateChannel, StateCopy } from "../../../lib/state/mod.ts";

const [kind, content] = Deno.args;
const KEYS = 100_000;
const gc = (globalThis as unknown as { gc(): void }).gc;

const value = (i: number) => content === "numbers" ? i : { number: i, text: `value ${i}` };

/** Two ends in one thread. What goes through is cloned, so that nothing is shared. */
function pair(): [StateChannel, StateChannel] {
  const ends: StateChannel[] = [0, 1].map((i) => ({
    onmessage: null,
    postMessage: (message) => {
      const data = structuredClone(message);
      setTimeout(() => ends[1 - i]!.onmessage?.({ data } as MessageEvent));
    },
    close: () => {},
  }));
  return [ends[0]!, ends[1]!];
}

async function copy(): Promise<unknown> {
  const [one, other] = pair();
  const sender = new MainState({ thread: "sender" });
  const map = sender.map<string, unknown>("M");
  // A message for each hundred keys, so that there are many stamps.
  for (let i = 0; i < KEYS; i++) {
    map.set(`key${i}`, value(i));
    if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  sender.connect(one, "copy");
  const copy = new StateCopy({ thread: "copy", port: other });
  await copy.ready;
  sender.close();
  one.onmessage = null;
  if (copy.map("M").size !== KEYS) throw new Error("the copy is not whole");
  return copy;
}

function plain(): unknown {
  return new Map(Array.from({ length: KEYS }, (_, i) => [`key${i}`, value(i)]));
}

gc();
const before = Deno.memoryUsage().heapUsed;
const kept = kind === "copy" ? await copy() : structuredClone(plain());
for (let i = 0; i < 3; i++) {
  await new Promise((resolve) => setTimeout(resolve, 50));
  gc();
}
// deno-lint-ignore no-console
console.log(Deno.memoryUsage().heapUsed - before);
if (kept === undefined) throw new Error("nothing was kept");
Deno.exit();
