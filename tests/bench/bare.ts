/**
 * What the agent is measured against: a main thread with bare workers, one unless told, and nothing in any of them but,
 * as `bare COUNT loop`, a timer of 1 s.
 */
const [count = "1", loop] = Deno.args;
for (let left = Number(count); left > 0; left--) {
  const worker = new Worker(import.meta.resolve("./bare_worker.ts"), { type: "module" });
  if (loop) worker.postMessage(loop);
  worker.onmessage = ({ data }) => Deno.stdout.writeSync(new TextEncoder().encode(`${data}\n`));
}
setTimeout(() => Deno.exit(0), 300_000);
