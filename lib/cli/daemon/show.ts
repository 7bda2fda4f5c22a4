import { sanitize } from "../../base/mod.ts";
import { describePermissions } from "../../registry/grant.ts";
import { EXIT, refuseWords } from "../command.ts";
import { print, printJson } from "../output.ts";
import { findPaths, loadAgentConfig } from "../paths.ts";
import { type Action, requireName } from "./action.ts";
import {
  columns,
  describeMissing,
  describeType,
  origin,
  quote,
  standingPermissions,
} from "./describe.ts";
import { findSubject, listKnown, lookAt } from "./subject.ts";

/** `icinga-warden daemon show NAME` */
export const showAction: Action = {
  words: "NAME",
  summary: "show a daemon's arguments with types and defaults, its permissions and its maps",
  async run(invocation) {
    const [word, ...rest] = invocation.words;
    const name = requireName("show", word);
    refuseWords(rest);
    const place = findPaths(invocation);
    const subject = findSubject(name, await listKnown(place, await loadAgentConfig(place)));
    const given = subject.entry?.arguments ?? {};
    const { description } = await lookAt(subject, given);
    const permissions = standingPermissions(subject, description, place.home);
    if (invocation.given.has("json")) {
      printJson({
        ...description,
        name,
        module: subject.module,
        registered: subject.entry !== undefined,
        enabled: subject.entry?.enabled ?? false,
        given,
        granted: permissions.permissions,
        missing: permissions.missing,
      });
      return EXIT.done;
    }
    const specs = Object.entries(description.arguments);
    const maps = Object.entries(description.maps);
    const standing = subject.entry ? (subject.entry.enabled ? "yes" : "disabled") : "no";
    print([
      `${name}: ${sanitize(description.description)}`,
      `from        ${origin(subject)}`,
      `registered  ${standing}`,
      specs.length === 0 ? "arguments   none" : "arguments",
      ...indent(columns(specs.map(([key, spec]) => [
        key,
        describeType(spec),
        key in given ? `= ${quote(given[key])}` : defaultOf(spec.default),
        sanitize(spec.description ?? ""),
      ]))),
      `permissions ${describePermissions(description.permissions)}`,
      ...(subject.entry ? [`granted     ${describePermissions(permissions.permissions)}`] : []),
      ...indent(subject.entry ? [describeMissing(subject, permissions) ?? []].flat() : []),
      `tasks       ${description.tasks.join(", ") || "none"}`,
      maps.length === 0 ? "maps        none listed" : "maps",
      ...indent(
        columns(
          maps.map(([key, spec]) => [`Daemons.${name}.${key}`, sanitize(spec.description ?? "")]),
        ),
      ),
    ].join("\n"));
    return EXIT.done;
  },
};

function defaultOf(value: unknown): string {
  return value === undefined ? "required" : `default ${quote(value)}`;
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
