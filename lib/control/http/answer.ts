import { toJson } from "../../base/mod.ts";
import { Refusal } from "./refusal.ts";

/** Who answers: so that a client can tell it from another program that has the port now. */
export const SERVER_NAME = "icinga-warden";

/** The fields of every answer: nothing is kept, sniffed, framed or told to another site. */
const COMMON_FIELDS = {
  "cache-control": "no-store",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "server": SERVER_NAME,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/** An answer with a body of some type. */
export function answer(
  type: string,
  body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
  more: { status?: number; headers?: Record<string, string> } = {},
): Response {
  const headers = { ...COMMON_FIELDS, "content-type": type, ...more.headers };
  return new Response(body, { status: more.status ?? 200, headers });
}

/** An answer in JSON. */
export function answerJson(
  value: unknown,
  more?: { status?: number; headers?: Record<string, string> },
): Response {
  return answer("application/json", `${toJson(value)}\n`, more);
}

/** The answer to what was thrown: a refusal with its status, else a 500 that gives nothing away. */
export function refuse(error: unknown): Response {
  const { status, message } = error instanceof Refusal
    ? error
    : new Refusal(500, "The agent could not answer; its log says why");
  const headers: Record<string, string> = status === 401
    ? { "www-authenticate": 'Bearer realm="icinga-warden"' }
    : {};
  return answerJson({ error: message }, { status, headers });
}
