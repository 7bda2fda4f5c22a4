import { errorMessage, excerpt } from "../../base/mod.ts";
import { userDefinition } from "../../icinga/mod.ts";
import { type Action, type Invocation, UsageError } from "../command.ts";
import { readFlag } from "../flags.ts";
import { COMMAND, exampleBasket, FRESH, PASSIVE } from "./basket.ts";

const COMMON = `// What takes the results of icinga-warden's daemon icinga_report: docs/fleet.md.

template Service "${PASSIVE}" {
  // Runs when a result is older than its ttl, or when none has come: the service is UNKNOWN then.
  check_command = "${COMMAND}"
  check_interval = ${FRESH / 60}m
  retry_interval = ${FRESH / 60}m
  max_check_attempts = 1
  // It runs where the result is received, and not on the Windows host.
  command_endpoint = null
}

// A host takes part with: vars.icinga_warden = true
apply Service "icinga-warden" {
  import "${PASSIVE}"
  assign where host.vars.icinga_warden
}

// Its watched services, each with a result of its own: vars.icinga_warden_services = [ "icinga2" ]
// A "!" or "$" in a name is written "_": MSSQL_SQLEXPRESS.
apply Service "icinga-warden-service-" for (name in host.vars.icinga_warden_services) {
  import "${PASSIVE}"
  assign where host.vars.icinga_warden
}

// Its daemons that give a verdict: vars.icinga_warden_daemons = [ "disk_watch" ]
apply Service "icinga-warden-daemon-" for (name in host.vars.icinga_warden_daemons) {
  import "${PASSIVE}"
  assign where host.vars.icinga_warden
}
`;

/** A host may send only its own results. Without the filter each host could write those of all others. */
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

/** What the example is printed as, each with what it is made of. */
const FORMATS = {
  all: exampleObjects,
  users: usersOf,
  basket: () => JSON.stringify(exampleBasket(), null, 2),
};

/** `icinga-warden report example HOST…` */
export const exampleAction: Action = {
  words: "[HOST...]",
  summary: "print the objects that Icinga needs to take the results of these hosts",
  flags: {
    hosts: { value: "FILE", help: "report example: a file with the name of a host a line" },
    format: {
      value: "FORMAT",
      help:
        "report example: all (the default), users (of the hosts) or basket (for Icinga Director)",
    },
  },
  async run(invocation) {
    const names = Object.keys(FORMATS) as (keyof typeof FORMATS)[];
    const find = (text: string) => names.find((name) => name === text);
    const format = readFlag(invocation, "format", find, `one of ${names.join(", ")}`) ?? "all";
    const hosts = await listHosts(invocation);
    if (hosts.length === 0 && format !== "basket") {
      throw new UsageError("'report example' needs names of hosts, or a file of them (--hosts)");
    }
    if (hosts.length > 0 && format === "basket") {
      throw new UsageError(
        "'report example --format basket' takes no hosts: a basket has no users; --format users prints them",
      );
    }
    const text = FORMATS[format](hosts);
    return { json: { hosts, text }, text };
  },
};

/** Of a host object and of a certificate: a host's name, an address, or a node's name with `_`. */
const HOST = /^[\p{L}\p{N}_](?:[\p{L}\p{N}_.:-]{0,252})$/u;

/** @throws {UsageError} when one is no name of a host. */
function checkHosts(hosts: readonly string[], where: string): void {
  const odd = hosts.find((host) => !HOST.test(host));
  if (odd === undefined) return;
  throw new UsageError(
    `${where}: '${
      excerpt(odd)
    }' is no name of a host; expected one such as web1.example.com: letters, digits, ., -, _ and :`,
  );
}

/** The hosts of the command line and of the file, each once. */
async function listHosts({ words, values }: Pick<Invocation, "words" | "values">) {
  checkHosts(words, "'report example'");
  const listed = values.hosts === undefined ? [] : await readHosts(values.hosts);
  checkHosts(listed, `Flag '--hosts': ${values.hosts}`);
  return [...new Set([...words, ...listed])];
}

async function readHosts(file: string): Promise<string[]> {
  try {
    const lines = (await Deno.readTextFile(file)).split(/\r?\n/).map((line) => line.trim());
    return lines.filter((line) => line !== "" && !line.startsWith("#"));
  } catch (error) {
    throw new UsageError(`Flag '--hosts': cannot read ${file}: ${errorMessage(error)}`);
  }
}
