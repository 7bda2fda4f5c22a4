import { formatTime } from "../../base/mod.ts";
import { parsePauseTime, PAUSE_TIMES } from "../../control/mod.ts";
import { type Command, UsageError } from "../command.ts";
import { connectAgent } from "../paths.ts";

/** `icinga-warden pause` */
export const pauseCommand: Command = {
  name: "pause",
  words: "[DURATION]",
  summary: "pause the running agent for maintenance: nothing is restarted",
  details: [
    "With a duration, such as 30m, it resumes by itself; without one, by 'icinga-warden resume'.",
  ],
  async run(invocation) {
    const [duration] = invocation.words;
    if (duration !== undefined && parsePauseTime(duration) === undefined) {
      throw new UsageError(
        `'${duration}' is no duration of a pause; write one such as ${PAUSE_TIMES}`,
      );
    }
    const client = await connectAgent(invocation);
    await client.post("/api/pause", duration === undefined ? {} : { duration });
    const { maintenance } = await client.status();
    const text = `Paused ${describePauseEnd(maintenance?.until)}: nothing is restarted`;
    return { json: { maintenance }, text };
  },
};

/** `icinga-warden resume` */
export const resumeCommand: Command = {
  name: "resume",
  words: "",
  summary: "end a pause of the running agent",
  async run(invocation) {
    await (await connectAgent(invocation)).post("/api/resume");
    return { json: { maintenance: null }, text: "Resumed" };
  },
};

/** When a pause ends: `until 2026-11-24 06:12:03Z`. */
export function describePauseEnd(until: string | null | undefined): string {
  return until ? `until ${formatTime(until)}` : "until 'icinga-warden resume'";
}
