import { builtinArguments, reportAccess } from "../../../daemons/mod.ts";
import { errorMessage } from "../../base/mod.ts";
import { NotRunningError, type Status } from "../../control/mod.ts";
import { AGENT_SERVICE, type ObjectResult, resultsOf } from "../../control/results.ts";
import { readArguments } from "../../daemon/mod.ts";
import {
  type Access,
  describeEndpoint,
  explainRefusedResult,
  fateOf,
  hasPermission,
  introduce,
  type Introduced,
  sendResult,
} from "../../icinga/mod.ts";
import { type Action, type Command, commandWithActions, EXIT } from "../command.ts";
import { connectAgent, findPaths, loadAgentConfig } from "../paths.ts";
import { exampleAction } from "./report_example.ts";

const DAEMON = "icinga_report";

/** The permission that reading a result back needs. */
const READ_PERMISSION = "objects/query/Service";

/** The ttl of a test's result, s: the daemon sends the next one within its interval. */
const TTL = 750;

/** `icinga-warden report test` */
const testAction: Action = {
  words: "",
  summary: "send one result as the daemon icinga_report does, and say what Icinga answers",
  async run(invocation) {
    const paths = findPaths(invocation);
    const { config } = await loadAgentConfig(paths);
    const entry = Object.entries(config.daemons).find(([name, { module = name }]) =>
      module === DAEMON
    )?.[1];
    const { values } = readArguments(builtinArguments.get(DAEMON)!, entry?.arguments);
    const access = await reportAccess(values as Parameters<typeof reportAccess>[0], paths.home);
    const lines: string[] = [];
    const introduced = await findParent(access, lines);
    const isTaken = introduced !== undefined &&
      await tryResult(introduced, access.host, await ownResult(invocation), lines);
    introduced?.connection.close();
    if (entry === undefined) {
      lines.push(
        `The daemon does not run yet: icinga-warden daemon register ${DAEMON} --grant`,
      );
    }
    return {
      json: { host: access.host, taken: isTaken, lines },
      text: lines,
      code: isTaken ? EXIT.done : EXIT.failed,
    };
  },
};

/** `icinga-warden report` */
export const reportCommand: Command = commandWithActions(
  "report",
  "what the daemon icinga_report needs on Icinga's side, and whether it gets through",
  { example: exampleAction, test: testAction },
);

/** The first parent that answers and knows this host. What each one says is added to the lines. */
async function findParent(access: Access, lines: string[]): Promise<Introduced | undefined> {
  for (const parent of access.parents) {
    try {
      const introduced = await introduce(parent, access);
      const { user, version, permissions } = introduced.identity;
      lines.push(
        `${
          describeEndpoint(parent)
        } answers, Icinga ${version}; this host is ApiUser '${user}' there`,
        `permissions: ${permissions.join(", ") || "none"}`,
      );
      return introduced;
    } catch (error) {
      lines.push(errorMessage(error));
    }
  }
  return undefined;
}

/** What `check` says now; without an agent that it does not run. */
async function ownResult(invocation: Parameters<typeof connectAgent>[0]): Promise<ObjectResult> {
  let status: Status;
  try {
    status = await (await connectAgent(invocation, "monitor")).status();
  } catch (error) {
    if (!(error instanceof NotRunningError)) throw error;
    const summary = `UNKNOWN: ${error.message}`;
    return { service: AGENT_SERVICE, exitStatus: 3, summary, output: summary, performance: [] };
  }
  return resultsOf(status)[0]!;
}

/** Sends the result and reads it back; whether it was taken. */
async function tryResult(
  { connection, identity }: Introduced,
  host: string,
  result: ObjectResult,
  lines: string[],
): Promise<boolean> {
  const { service, summary } = result;
  const answer = await sendResult(connection, { ...result, host, source: host, ttl: TTL });
  if (fateOf(answer.code) !== "taken") {
    lines.push(explainRefusedResult(answer, { host, service }, identity));
    return false;
  }
  lines.push(`sent to ${host}!${service}: ${summary}`);
  if (!hasPermission(identity.permissions, READ_PERMISSION)) {
    lines.push(`not read back: this needs the permission "${READ_PERMISSION}"`);
    return true;
  }
  const path = `/v1/objects/services/${encodeURIComponent(`${host}!${service}`)}`;
  const { status, body } = await connection.ask("GET", `${path}?attrs=last_check_result`);
  const [first = ""] = status === 200
    ? String(JSON.parse(body).results?.[0]?.attrs?.last_check_result?.output).split("\n")
    : [`HTTP ${status}`];
  lines.push(`read back: ${first}`);
  return true;
}
