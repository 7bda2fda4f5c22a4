import { dirname, relative, resolve, win32 } from "node:path";
import { type FileError, replaceFile } from "../lib/base/mod.ts";
import { defineDaemon } from "icinga-warden/daemon";

/** Names of the agent's own files, wherever they are: the configuration may lie outside home. */
const OWN_FILE =
  /^(?:(?:icinga-warden(?:\.run)?|state)\.json.*|icinga-warden\.log.*|.*\.token(?:\.new)?|.*\.(?:exe|lock))$/i;
/** The agent's own files and folders in home. */
const OWN_IN_HOME = /^(?:secrets|daemons|icinga-warden)$/i;

/** The daemon alone is refused when it runs, and not the whole configuration. */
function checkFile({ file }: { file: string }): { warning: string } | undefined {
  const warning = refuseOwnFile(file);
  return warning === undefined ? undefined : { warning };
}

/** What would be right instead of `file`, a path in home or an absolute one, when it is the agent's own. */
function refuseOwnFile(file: string): string | undefined {
  // Windows ignores dots and spaces at the end of a name, and `name::$DATA` is the file `name`.
  const plain = (part: string) => part.replace(/(?<=.):.*$/, "").replace(/(?<=[^. ])[. ]+$/, "");
  const path = win32.normalize(file).replace(/^[a-z]:(?=[^\\])/i, "");
  const parts = path.split("\\").map(plain);
  const isOwn = OWN_FILE.test(parts.at(-1) ?? "") ||
    (!win32.isAbsolute(path) && OWN_IN_HOME.test(parts[0] ?? ""));
  return isOwn
    ? "expected another file, such as heartbeat.json: this one is the agent's own"
    : undefined;
}

/**
 * Refuses a file that holds something else than a beat: by another name (a link, a short name of Windows, `--config`) it
 * may be one of the agent's own. After a power failure the file may hold zero bytes. One that cannot be read is not
 * judged.
 *
 * @throws {Error} in one line.
 */
async function refuseOtherContent(path: string): Promise<void> {
  const text = await Deno.readTextFile(path).catch(() => "");
  if (/^[\s\0]*$/.test(text) || isBeat(text)) return;
  throw new Error(
    `${path} holds something else than a beat, and is not overwritten; name another file`,
  );
}

function isBeat(text: string): boolean {
  try {
    const { time, beats } = JSON.parse(text);
    return typeof time === "string" && typeof beats === "number";
  } catch {
    return false;
  }
}

/**
 * The daemon that shows that the agent is alive: at an interval it writes the time and a counter to the map
 * `Heartbeat` and, if one is named, to a file that any monitoring check can look at.
 */
export default defineDaemon({
  name: "heartbeat",
  description: "Writes the time and a counter at an interval, for a monitoring check",
  arguments: {
    interval: {
      type: "duration",
      default: "30s",
      min: "100ms",
      max: "1h",
      description: "Time from one beat to the next",
    },
    file: {
      type: "string",
      default: "",
      checkTogether: checkFile,
      description: "File to write each beat to, in home or absolute; none when empty",
    },
  },
  // A beat is written aside and renamed, so that no check reads half of one.
  permissions: { read: ["{file}", "{file}.new"], write: ["{file}", "{file}.new"] },
  maps: { Heartbeat: { description: "time: of the last beat, UTC; beats: how many; interval: s" } },
  async run(context) {
    const { interval, file } = context.arguments;
    const map = context.state.map<string | number>("Heartbeat");
    const path = resolve(context.home, file);
    const refused = refuseOwnFile(relative(context.home, path));
    if (file !== "" && refused) throw new Error(`Argument file: got '${file}'; ${refused}`);
    if (file !== "") await refuseOtherContent(path);
    let beats = 0;
    const last = context.state.of<{ level: string; text: string }>(context.daemon, "Verdict").get(
      "now",
    );
    let fault = last?.level === "critical" ? last.text : undefined;
    const tell = (now: string | undefined) => {
      if (now === fault) return;
      if (now !== undefined && fault === undefined) context.log.error(now);
      if (now === undefined) context.log.info(`It works again: ${fault}`);
      fault = now;
      context.report(now === undefined ? "ok" : "critical", now ?? "Each beat is written");
    };
    if (file === "") tell(undefined);
    await context.every(interval, async () => {
      const beat = {
        time: new Date().toISOString(),
        beats: ++beats,
        interval: interval / 1000,
      };
      for (const [key, value] of Object.entries(beat)) map.set(key, value);
      if (file === "") return;
      // Without a flush and with a mode: so it needs the permission for `{file}.new` alone.
      const options = { flush: false, mode: 0o644 };
      await replaceFile(path, `${JSON.stringify(beat)}\n`, options).then(
        () => tell(undefined),
        ({ message }: FileError) => tell(`${message}; expected a file in ${dirname(path)}`),
      );
    });
  },
});
