import { type ArgumentValues, defineDaemon } from "icinga-warden/daemon";
import type { Access } from "../lib/icinga/mod.ts";
import { checkParent, parseParent } from "../lib/icinga/settings.ts";
import { DATA_DIR } from "./shared/watch_arguments.ts";

const text = (description: string) => ({ type: "string", default: "", description } as const);

const ARGUMENTS = {
  every: {
    type: "duration",
    default: "5m",
    min: "1s",
    max: "1h",
    description: "How often each result is sent when nothing changes; the ttl is 2.5 times that",
  },
  parents: {
    type: "list",
    default: [],
    description:
      "Endpoints that take the results, in order, such as master=10.0.0.1; none: Icinga's files tell them",
    check: checkParent,
  },
  host: text("Name of the host object in Icinga; empty: this node's name"),
  cert: text("File of the certificate; empty: that of the Icinga agent"),
  key: text("File of its private key; empty: that of the Icinga agent"),
  ca: text("File of the CA's certificate; empty: that of the Icinga agent"),
  user: {
    ...text("Name of an ApiUser with a password, instead of the certificate"),
    checkTogether: ({ user, passwordFile }: Record<"user" | "passwordFile", string>) =>
      user === "" || passwordFile !== "" ? undefined : { warning: "expected passwordFile as well" },
  },
  passwordFile: text("File whose first line is the user's password"),
  dataDir: DATA_DIR,
} as const;

/**
 * The receivers of the results and the credentials, from its arguments and Icinga's own files.
 *
 * @param home what files are relative to.
 * @throws {Error} in one line, when something is missing or cannot be read.
 */
export async function reportAccess(
  given: Omit<ArgumentValues<typeof ARGUMENTS>, "every">,
  home: string,
): Promise<Access> {
  const { findAccess, icingaFolder } = await import("../lib/icinga/mod.ts");
  const folder = icingaFolder(given.dataDir, Deno.env.get("ProgramData"));
  const parents = given.parents.flatMap((text) => parseParent(text) ?? []);
  return await findAccess({ ...given, parents }, folder, home);
}

/**
 * The daemon that reports the results of `check` to Icinga. It sends passive results to the API of a parent: of the
 * agent, of each watched service, and of each daemon that gives a verdict. It sends each change immediately, and all
 * results at an interval.
 */
export default defineDaemon({
  name: "icinga_report",
  description: "Sends what check says to Icinga, as passive results",
  arguments: ARGUMENTS,
  // The parents may be any host, and Icinga's files name them anew at any time.
  permissions: {
    net: ["*"],
    env: ["ProgramData"],
    read: [
      "{icinga}/etc/icinga2",
      "{icinga}/var/cache/icinga2",
      "{icinga}/var/lib/icinga2/certs",
      ...["{cert}", "{key}", "{ca}", "{passwordFile}"],
    ],
  },
  async run(context) {
    const { stateResults } = await import("../lib/control/results.ts");
    const { Reporter } = await import("./shared/reporter.ts");
    const { arguments: given, home, state, signal } = context;
    const results = stateResults(state, context.daemon, context, () => reporter.wake());
    const reporter = new Reporter({
      every: given.every,
      results,
      access: () => reportAccess(given, home),
      clock: context,
      random: Math.random,
      log: context.log,
      report: context.report,
    });
    await reporter.run(signal);
  },
});
