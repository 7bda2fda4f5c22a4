import { errorMessage } from "../../base/mod.ts";
import { userDefinition } from "../../icinga/mod.ts";
import { type Action, UsageError } from "../command.ts";

/** How long Icinga waits for the first result of an object. Later the ttl of each result counts. */
const FRESH = "15m";

const COMMON = `// What takes the results of icinga-warden's daemon icinga_report: docs/fleet.md.

template Service "icinga-warden-passive" {
  // Runs when a result is older than its ttl, or when none has come: the service is UNKNOWN then.
  check_command = "passive"
  check_interval = ${FRESH}
  retry_interval = ${FRESH}
  max_check_attempts = 1
  // It runs where the result is received, and not on the Windows host.
  command_endpoint = null
}

// A host takes part with: vars.icinga_warden = true
apply Service "icinga-warden" {
  import "icinga-warden-passive"
  assign where host.vars.icinga_warden
}

// Its watched services, each with a result of its own: vars.icinga_warden_services = [ "icinga2" ]
// A "!" or "$" in a name is written "_": MSSQL_SQLEXPRESS.
apply Service "icinga-warden-service-" for (name in host.vars.icinga_warden_services) {
  import "icinga-warden-passive"
  assign where host.vars.icinga_warden
}

// Its daemons that give a verdict: vars.icinga_warden_daemons = [ "disk_watch" ]
apply Service "icinga-warden-daemon-" for (name in host.vars.icinga_warden_daemons) {
  import "icinga-warden-passive"
  assign where host.vars.icinga_warden
}
`;

/** Who may send the results of a host: that host alone. Without the filter each could write those of all others. */
function usersOf(hosts: readonly string[]): string {
  const title =
    "// One user a host: it is known by its certificate, and may write its own results alone.";
  return [title, ...hosts.map(userDefinition)].join("\n");
}

/**
 * The objects for Icinga's side: the template, the apply rules, and a user for each host.
 *
 * @param hosts names of host objects, which are those of the hosts' certificates too.
 */
export function exampleObjects(hosts: readonly string[]): string {
  return `${COMMON}\n${usersOf(hosts)}`;
}

/** `icinga-warden report example HOST…` */
export const exampleAction: Action = {
  words: "[HOST...]",
  summary: "print the objects that Icinga needs to take the results of these hosts",
  flags: {
    hosts: { value: "FILE", help: "report example: a file with the name of a host a line" },
  },
  async run({ words, values }) {
    const listed = values.hosts === undefined ? [] : await readHosts(values.hosts);
    const hosts = [...new Set([...words, ...listed])];
    if (hosts.length === 0) {
      throw new UsageError("'report example' needs names of hosts, or a file of them (--hosts)");
    }
    const text = exampleObjects(hosts);
    return { json: { hosts, text }, text };
  },
};

async function readHosts(file: string): Promise<string[]> {
  try {
    const lines = (await Deno.readTextFile(file)).split(/\r?\n/).map((line) => line.trim());
    return lines.filter((line) => line !== "" && !line.startsWith("#"));
  } catch (error) {
    throw new UsageError(`Flag '--hosts': cannot read ${file}: ${errorMessage(error)}`);
  }
}
