import { AGENT_SERVICE } from "../../control/results.ts";

/** The template of all services that take results. */
export const PASSIVE = "icinga-warden-passive";

/** Icinga's own check command of it. */
export const COMMAND = "passive";

/** How long Icinga waits for the first result of an object, s. Later the ttl of each result counts. */
export const FRESH = 900;

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
