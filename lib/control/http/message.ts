import { toJson } from "../../base/mod.ts";

/** A request that is refused: the response has this status and says why in one line. */
export class HttpError extends Error {
  override name = "HttpError";

  /**
   * @param status an HTTP status, 400 or above.
   * @param message why, in one line, for the client.
   * @param headers more fields of the response.
   */
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** The head of a request: what comes before its body. */
export interface Head {
  /** Its method, in capitals. */
  method: string;
  /** Path and query, as sent. */
  target: string;
  headers: Headers;
  /** Bytes of the body. */
  length: number;
}

const REQUEST_LINE = /^([A-Z]{1,16}) (\/[\x21-\x7e]*) HTTP\/1\.[01]$/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;
const MAX_FIELDS = 64;

/** Fields that must not be there twice. */
const SINGLE = new Set(["host", "content-length", "authorization", "origin"]);

/**
 * Reads the head of an HTTP/1.1 request (RFC 9112), strictly: what is ambiguous is
 * refused. The head must give the body's length.
 *
 * @param text from the request line to the last field, each line ended by CR LF, without the empty line.
 * @throws {HttpError} 400 for what is no such head, 411 for a chunked body, 431 for too many fields.
 */
export function parseHead(text: string): Head {
  const [first = "", ...lines] = text.split("\r\n");
  const [, method, target] = REQUEST_LINE.exec(first) ?? [];
  if (method === undefined || target === undefined) throw new HttpError(400, "Not an HTTP request");
  const headers = parseFields(lines);
  if (!headers.has("host")) throw new HttpError(400, "The Host field is missing");
  if (headers.has("transfer-encoding")) {
    throw new HttpError(411, "Say the body's length in Content-Length");
  }
  return { method, target, headers, length: parseLength(headers.get("content-length") ?? "0") };
}

function parseFields(lines: readonly string[]): Headers {
  if (lines.length > MAX_FIELDS) throw new HttpError(431, `More than ${MAX_FIELDS} fields`);
  const headers = new Headers();
  for (const line of lines) {
    const [, name, value] = FIELD.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new HttpError(400, "A malformed field");
    if (SINGLE.has(name.toLowerCase()) && headers.has(name)) {
      throw new HttpError(400, `The ${name} field is there twice`);
    }
    headers.append(name, value);
  }
  return headers;
}

function parseLength(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new HttpError(400, "Content-Length is not a number");
  return Number(text);
}

/** The `Server` field, by which a client recognizes the agent: another program may use its port. */
export const SERVER_NAME = "icinga-warden";

/** Header fields of every response: no caching, sniffing, framing or referrer. */
const COMMON_FIELDS = {
  "cache-control": "no-store",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "server": SERVER_NAME,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/** A response with a body of a media type. */
export function response(
  type: string,
  body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
  more: { status?: number; headers?: Record<string, string> } = {},
): Response {
  const headers = { ...COMMON_FIELDS, "content-type": type, ...more.headers };
  return new Response(body, { ...more, headers });
}

/** A response in JSON. */
export function jsonResponse(
  value: unknown,
  more?: { status?: number; headers?: Record<string, string> },
): Response {
  return response("application/json", `${toJson(value)}\n`, more);
}

/** The response to an error: an {@linkcode HttpError} with its status, any other as 500 without details. */
export function errorResponse(error: unknown): Response {
  const { status, message, headers } = error instanceof HttpError
    ? error
    : new HttpError(500, "The agent could not answer; its log says why");
  return jsonResponse({ error: message }, { status, headers });
}
