/** A thread that joins the state, is busy for a while, and then tells what it holds when asked. */
import { PublicState } from "../../lib/state/mod.ts";

self.onmessage = async (
  { data }: MessageEvent<{ channelName: string; spin: number } | "report">,
) => {
  if (data === "report") return self.postMessage(Object.fromEntries(state!.map("M")));
  state = new PublicState({ thread: "spinner", channelName: data.channelName });
  await state.ready;
  self.postMessage("ready");
  for (const end = performance.now() + data.spin; performance.now() < end;);
};
let state: PublicState | undefined;
