/** What the agent is measured against: a main thread with one worker, and nothing in either. */
const worker = new Worker(import.meta.resolve("./bare_worker.ts"), { type: "module" });
worker.onmessage = ({ data }) => Deno.stdout.writeSync(new TextEncoder().encode(`${data}\n`));
setTimeout(() => Deno.exit(0), 60_000);
