/** A process that counts in a persistent map as long as it lives, and prints each number and its time, ms. */
import { replaceFile } from "../../../lib/base/mod.ts";
import { MainState, StateFile } from "../../../lib/state/mod.ts";

const [folder] = Deno.args;
const encoder = new TextEncoder();
const print = (line: string) => Deno.stdout.writeSync(encoder.encode(line + "\n"));
const state = new MainState({ thread: "main" });
StateFile.open(state, {
  path: `${folder}/state.json`,
  write: replaceFile,
  onWarning: (text) => print(`warning: ${text}`),
  onTrouble: (text) => print(`warning: ${text}`),
});
const map = state.map("Count", { persistent: true });
setInterval(() => {
  const number = map.increment("number");
  map.set("text", String(number).repeat(1000));
  print(`${number} ${Math.round(performance.timeOrigin + performance.now())}`);
}, 5);
