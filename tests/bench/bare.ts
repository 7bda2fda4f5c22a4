/** What the agent is measured against: a main thread with bare workers, one unless told, and nothing in any of them. */
for (let count = Number(Deno.args[0] ?? 1); count > 0; count--) {
  const worker = new Worker(import.meta.resolve("./bare_worker.ts"), { type: "module" });
  worker.onmessage = ({ data }) => Deno.stdout.writeSync(new TextEncoder().encode(`${data}\n`));
}
setTimeout(() => Deno.exit(0), 120_000);
