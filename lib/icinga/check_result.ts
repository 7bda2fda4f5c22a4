import { attempt, isObject } from "../base/mod.ts";
import type { Access } from "./access.ts";
import { ApiConnection } from "./api.ts";
import { describeEndpoint, type Endpoint } from "./node.ts";

/** A result of a service of a host, as Icinga takes it. */
export interface CheckResult {
  host: string;
  service: string;
  /** 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. */
  exitStatus: number;
  /** The first line, and more. */
  output: string;
  /** Each `label=value`, with unit and thresholds. */
  performance: readonly string[];
  /** The name of the node that it comes from. */
  source: string;
  /** The time until the next result is due, s; then Icinga runs the check of the service. */
  ttl: number;
}

/** The permission that taking a result needs. */
export const SEND_PERMISSION = "actions/process-check-result";

/**
 * The body of `POST /v1/actions/process-check-result`. It names no time, since what is sent holds now: Icinga takes that
 * of the arrival. It drops a result whose time is before that of its own last check, and answers as if it had taken it;
 * so a host whose clock is behind, or whose result waited for a busy parent, would stay UNKNOWN.
 */
export function resultBody(result: CheckResult): Record<string, unknown> {
  const { host, service, exitStatus, output, performance, source, ttl } = result;
  return {
    type: "Service",
    service: `${host}!${service}`,
    exit_status: exitStatus,
    plugin_output: output,
    performance_data: performance,
    check_source: source,
    ttl,
  };
}

/**
 * What became of a result.
 *
 * - `taken`: Icinga has it
 * - `refused`: this object is missing, or may not be written: others may be taken
 * - `unknown`: Icinga does not know who sends
 * - `later`: it cannot take it now
 */
export type Fate = "taken" | "refused" | "unknown" | "later";

/** What became of a result, by the code that Icinga answered with. */
export function fateOf(code: number): Fate {
  if (code >= 200 && code < 300) return "taken";
  if (code === 401) return "unknown";
  return code === 403 || code === 404 || code === 400 ? "refused" : "later";
}

/** The code and the text of an answer: those of its one result, or of the answer itself. */
export function readAnswer(status: number, body: string): { code: number; text: string } {
  const parsed: unknown = attempt(() => JSON.parse(body), () => undefined);
  const answer = isObject(parsed) ? parsed : {};
  const first = Array.isArray(answer.results) ? answer.results[0] : undefined;
  const result = isObject(first) ? first : answer;
  const code = typeof result.code === "number" ? result.code : status;
  return { code, text: typeof result.status === "string" ? result.status : `HTTP ${status}` };
}

/** This host's API user in Icinga. */
export interface Identity {
  /** The name of the ApiUser. */
  user: string;
  /** Its permissions; one with a filter ends with `(filtered)`. */
  permissions: string[];
  /** Icinga's version, such as `r2.13.6-1`. */
  version: string;
}

/** A connection, and who the other side takes this host for. */
export interface Introduced {
  connection: ApiConnection;
  identity: Identity;
}

/**
 * Connects to a parent and reads the API user that this host has there.
 *
 * @throws {Error} in one line, when there is no answer, or it does not know this host.
 */
export async function introduce(
  parent: Endpoint,
  { credentials, host }: Access,
): Promise<Introduced> {
  const connection = await ApiConnection.open(parent, credentials);
  const { status, body } = await connection.ask("GET", "/v1");
  if (status === 200) {
    const { results: [found = {}] = [] } = JSON.parse(body);
    const { user = "", permissions = [], version = "" } = found;
    return { connection, identity: { user, permissions, version } };
  }
  connection.close();
  const why = status === 401 ? explainStranger(credentials.user, host) : `HTTP ${status}`;
  throw new Error(`${describeEndpoint(parent)}: ${why}`);
}

/** What Icinga needs to know this host, in one line. */
function explainStranger(user: string | undefined, host: string): string {
  if (user !== undefined) {
    return `it does not know ApiUser '${user}', or the password is another (401)`;
  }
  const why = "it has expired, is of another CA, or has no ApiUser there";
  return `it does not accept this host's certificate (401): ${why}: ${userDefinition(host)}`;
}

/** The definition, on one line, of a user who may send only the results of one host. */
export function userDefinition(host: string): string {
  const name = JSON.stringify(host);
  return `object ApiUser ${name} { client_cn = ${name}; permissions = [ { permission = "${SEND_PERMISSION}"; filter = {{ host.name == ${name} }} } ] }`;
}

/** Sends a result. @throws {Error} in one line, when there is no answer. */
export async function sendResult(
  connection: ApiConnection,
  result: CheckResult,
): Promise<{ code: number; text: string }> {
  const { status, body } = await connection.ask(
    "POST",
    `/v1/${SEND_PERMISSION}`,
    resultBody(result),
  );
  return readAnswer(status, body);
}

/** Whether one of an ApiUser's permissions covers another, with or without a filter. */
export function hasPermission(permissions: readonly string[], wanted: string): boolean {
  return permissions.some((text) => {
    const words = text.replace(/ \(filtered\)$/, "").toLowerCase().split("*");
    return new RegExp(`^${words.map(RegExp.escape).join(".*")}$`).test(wanted.toLowerCase());
  });
}

/** The definition of the object that takes a result, on one line. */
export function objectDefinition(host: string, service: string): string {
  return `object Service ${JSON.stringify(service)} { import "icinga-warden-passive"; host_name = ${
    JSON.stringify(host)
  } }`;
}

/**
 * Why a result was refused and what to do about it, in one line. Icinga 2.13 answers 404 too where the permission is
 * missing, or its filter excludes the object; who asks tells these apart.
 */
export function explainRefusedResult(
  { code, text }: { code: number; text: string },
  { host, service }: Pick<CheckResult, "host" | "service">,
  identity: Identity | undefined,
): string {
  const object = `'${host}!${service}'`;
  const { user = "?", permissions = [] } = identity ?? {};
  if (identity && !hasPermission(permissions, SEND_PERMISSION)) {
    return `ApiUser '${user}' lacks the permission "${SEND_PERMISSION}" for ${object} (${code}); add it to its permissions`;
  }
  if (code === 404) {
    return `Icinga has no service ${object}, or the filter of ApiUser '${user}' excludes it (404); add: ${
      objectDefinition(host, service)
    }`;
  }
  const advice = code === 403
    ? `; it needs enable_passive_checks = true, and ApiUser '${user}' the permission "${SEND_PERMISSION}"`
    : "";
  return `Icinga refuses results of ${object} (${code}: ${text})${advice}`;
}
