import { Buffer } from "node:buffer";
import { HttpError } from "../http/message.ts";

/**
 * Refuses what no command and no page of the agent would send: requests under another name than the agent's own
 * (DNS rebinding), from pages of other origins, and bodies that a form of another site could send.
 *
 * @param port the port that the agent serves; its names are `127.0.0.1:<port>` and `localhost:<port>`.
 * @throws {HttpError} 403 or 415.
 */
export function guardRequest({ method, headers }: Request, port: number): void {
  const host = headers.get("host") ?? "";
  if (!namesOf(port).includes(host.toLowerCase())) {
    throw new HttpError(403, "The Host field does not name this agent");
  }
  const origin = headers.get("origin");
  if (origin !== null && origin !== `http://${host}`) {
    throw new HttpError(403, "Requests of another origin are refused");
  }
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none") {
    throw new HttpError(403, "Requests of another site are refused");
  }
  if (method === "POST" && !JSON_TYPE.test(headers.get("content-type") ?? "")) {
    throw new HttpError(415, "The body has to be application/json");
  }
}

/** The header field with the time until which the client waits, ms since the Unix epoch. */
export const DEADLINE_FIELD = "x-deadline";

/**
 * Refuses a request whose client has given up: an agent that was held would otherwise carry it out much later.
 *
 * @param now ms since the Unix epoch.
 * @throws {HttpError} 408.
 */
export function refuseLate(headers: Headers, now: number): void {
  const deadline = headers.get(DEADLINE_FIELD);
  if (deadline === null || now <= Number(deadline)) return;
  throw new HttpError(408, "The agent has come to it too late; it is not done");
}

/** A media type that no form can send; JSON is always UTF-8. */
const JSON_TYPE = /^application\/json(?:\s*;\s*charset="?utf-8"?)?\s*$/i;

/** A port that HTTP implies is left out of the Host field. */
function namesOf(port: number): string[] {
  const names = ["127.0.0.1", "localhost"];
  return [...names.map((name) => `${name}:${port}`), ...(port === 80 ? names : [])];
}

/** The token that a request bears in its Authorization field (RFC 6750); undefined when it bears none. */
export function bearerOf(headers: Headers): string | undefined {
  return /^Bearer +([\w.~+/=-]+)$/i.exec(headers.get("authorization") ?? "")?.[1];
}

/** `<user>:<password>` in a request's Authorization field (RFC 7617); empty when it has none. */
export function basicOf(headers: Headers): string {
  const [, encoded = ""] = /^Basic +(.+)$/i.exec(headers.get("authorization") ?? "") ?? [];
  return Buffer.from(encoded, "base64").toString();
}

/** The value of a cookie of a request; undefined when there is none. */
export function cookieOf(headers: Headers, name: string): string | undefined {
  const pairs = (headers.get("cookie") ?? "").split(";").map((pair) => pair.trim().split("="));
  return pairs.find(([key]) => key === name)?.[1];
}
