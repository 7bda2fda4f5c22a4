import { formatTime } from "../../base/mod.ts";
import { Client, parsePauseTime, PAUSE_TIMES } from "../../control/client.ts";
import type { Status } from "../../control/status_schema.ts";
import { type Command, EXIT, refuseWords, UsageError } from "../command.ts";
import { print, printJson } from "../output.ts";
import { findPaths } from "../paths.ts";

/** `icinga-warden pause` */
export const pauseCommand: Command = {
  name: "pause",
  words: "[DURATION]",
  summary: "pause the running agent for maintenance: nothing is restarted",
  details: [
    "With a duration, such as 30m, it resumes by itself; without one, by 'icinga-warden resume'.",
  ],
  async run(invocation) {
    const [duration, ...rest] = invocation.words;
    refuseWords(rest);
    if (duration !== undefined && parsePauseTime(duration) === undefined) {
      throw new UsageError(
        `'${duration}' is no duration of a pause; write one such as ${PAUSE_TIMES}`,
      );
    }
    const client = await Client.connect(findPaths(invocation).home);
    await client.post("/api/pause", duration === undefined ? {} : { duration });
    const { maintenance } = await client.get<Status>("/api/status");
    if (invocation.given.has("json")) printJson({ maintenance });
    else print(`Paused ${describeEnd(maintenance?.until)}: nothing is restarted`);
    return EXIT.done;
  },
};

/** `icinga-warden resume` */
export const resumeCommand: Command = {
  name: "resume",
  words: "",
  summary: "end a pause of the running agent",
  async run(invocation) {
    refuseWords(invocation.words);
    const client = await Client.connect(findPaths(invocation).home);
    await client.post("/api/resume");
    if (invocation.given.has("json")) printJson({ maintenance: null });
    else print("Resumed");
    return EXIT.done;
  },
};

function describeEnd(until: string | null | undefined): string {
  return until ? `until ${formatTime(until)}` : "until 'icinga-warden resume'";
}
