/** A process whose state has a hostile thread that posts on the channel what cannot be read; prints what becomes of it. */
import { onUncaught } from "../../../lib/agent/stop.ts";
import { MainState } from "../../../lib/state/mod.ts";

const encoder = new TextEncoder();
const print = (line: string) => Deno.stdout.writeSync(encoder.encode(line + "\n"));
onUncaught((reason) => {
  print(`ends: ${reason}`);
  Deno.exit(1);
}, (warning) => print(`warning: ${warning}`));

let name = "";
const state = new MainState({
  thread: "main",
  openChannel: (secret) => new BroadcastChannel(name = secret),
});
const honest = new Worker(import.meta.resolve("./writer.ts"), { type: "module" });
const { port1, port2 } = new MessageChannel();
state.connect(port1, "honest");
const ask = (order: unknown, transfer: Transferable[] = []) => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  honest.onmessage = ({ data }) => resolve(data);
  honest.onerror = (event) => {
    event.preventDefault();
    print(`the honest thread fails: ${event.message}`);
  };
  honest.postMessage(order, transfer);
  return promise;
};
await ask({ do: "join", thread: "honest", port: port2 }, [port2]);
const code = `
  const channel = new BroadcastChannel(${JSON.stringify(name)});
  const cause = await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"]);
  for (const value of [new DOMException("m", "AbortError"), new Error("x", { cause }), cause, 1, {}]) {
    try { channel.postMessage(value); } catch {}
  }
  setTimeout(() => self.postMessage("posted"), 200);`;
const hostile = new Worker(`data:text/javascript,${encodeURIComponent(code)}`, { type: "module" });
await new Promise((resolve) => hostile.onmessage = resolve);
state.map("Values").set("k", "after");
await new Promise((resolve) => setTimeout(resolve, 200));
print(`honest: ${JSON.stringify(await ask({ do: "report" }))}`);
Deno.exit(0);
