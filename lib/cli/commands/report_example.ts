import { describeProblem, excerpt, plainError } from "../../base/mod.ts";
import { decodeText } from "../../config/mod.ts";
import { AGENT_SERVICE } from "../../control/results.ts";
import { userDefinition } from "../../icinga/mod.ts";
import { type Action, type Invocation, UsageError } from "../command.ts";
import { readFlag } from "../parse.ts";

/** The template of all services that take results. */
const PASSIVE = "icinga-warden-passive";

/** Icinga's own check command of it. */
const COMMAND = "passive";

/** How long Icinga waits for the first result of an object, s. Later the ttl of each result counts. */
const FRESH = 900;

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

/** The custom variables of a host that list what has a result of its own, and what they are called in the Director. */
const LISTS = {
  [`${AGENT_SERVICE}-service-`]: {
    varname: "icinga_warden_services",
    caption: "Watched services",
    description: "Each has a result of its own; a ! or $ in a name is written _",
  },
  [`${AGENT_SERVICE}-daemon-`]: {
    varname: "icinga_warden_daemons",
    caption: "Daemons with a verdict",
    description: "Each has a result of its own; a ! or $ in a name is written _",
  },
} as const;

/**
 * A basket for Icinga Director: the template and the rules of `report example` as a service set, and a host template
 * with which a host takes part. A basket has no users of the API; these are objects of a file.
 */
export function exampleBasket(): Record<string, Record<string, object>> {
  const lists = Object.entries(LISTS);
  const name = (object_name: string) => ({ object_name, object_type: "template" });
  const service = { object_type: "apply", imports: [PASSIVE] };
  return {
    Datafield: Object.fromEntries(
      lists.map(([, field], i) => [i + 1, {
        ...field,
        datatype: "Icinga\\Module\\Director\\DataType\\DataTypeArray",
        format: null,
        settings: {},
      }]),
    ),
    // The Director has it already when it has read the commands of Icinga.
    ExternalCommand: {
      [COMMAND]: {
        object_name: COMMAND,
        object_type: "external_object",
        methods_execute: "PluginCheck",
      },
    },
    HostTemplate: {
      [AGENT_SERVICE]: {
        ...name(AGENT_SERVICE),
        vars: { icinga_warden: true, icinga_warden_services: ["icinga2"] },
        fields: lists.map((_, i) => ({ datafield_id: i + 1, is_required: "n", var_filter: null })),
      },
    },
    ServiceTemplate: {
      [PASSIVE]: {
        ...name(PASSIVE),
        check_command: COMMAND,
        check_interval: String(FRESH),
        retry_interval: String(FRESH),
        max_check_attempts: "1",
        use_agent: false,
        fields: [],
      },
    },
    ServiceSet: {
      [AGENT_SERVICE]: {
        ...name(AGENT_SERVICE),
        description: "Results that icinga-warden's daemon icinga_report sends",
        assign_filter: "host.vars.icinga_warden=true",
        services: [
          { ...service, object_name: AGENT_SERVICE },
          ...lists.map(([object_name, { varname }]) => ({
            ...service,
            object_name,
            apply_for: `host.vars.${varname}`,
          })),
        ],
      },
    },
  };
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
  if (values.hosts !== undefined && listed.length === 0) {
    throw new UsageError(`Flag '--hosts': ${values.hosts} names no host; expected one a line`);
  }
  return [...new Set([...words, ...listed])];
}

/** PowerShell's `>` writes UTF-16. */
async function readHosts(file: string): Promise<string[]> {
  const bytes = await Deno.readFile(file).catch((error) => {
    throw new UsageError(`Flag '--hosts': cannot read ${file}: ${plainError(error)}`);
  });
  const text = decodeText(bytes);
  if (typeof text !== "string") {
    throw new UsageError(`Flag '--hosts': ${file}: ${describeProblem(text)}`);
  }
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== "" && !line.startsWith("#"));
}
