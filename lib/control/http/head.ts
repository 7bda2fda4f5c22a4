import { Refusal } from "./refusal.ts";

/** What stands before a request's body. */
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

/** Fields that mean two things when they are there twice. */
const SINGLE = new Set(["host", "content-length", "authorization", "origin"]);

/**
 * Reads the head of an HTTP/1.1 request (RFC 9112), strictly: what two readers could take for two things is
 * refused. A body's length has to be said beforehand.
 *
 * @param text from the request line to the last field, each line ended by CR LF, without the empty line.
 * @throws {Refusal} 400 for what is no such head, 411 for a chunked body, 431 for too many fields.
 */
export function parseHead(text: string): Head {
  const [first = "", ...lines] = text.split("\r\n");
  const [, method, target] = REQUEST_LINE.exec(first) ?? [];
  if (method === undefined || target === undefined) throw new Refusal(400, "Not an HTTP request");
  const headers = parseFields(lines);
  if (!headers.has("host")) throw new Refusal(400, "The Host field is missing");
  if (headers.has("transfer-encoding")) {
    throw new Refusal(411, "Say the body's length in Content-Length");
  }
  return { method, target, headers, length: parseLength(headers.get("content-length") ?? "0") };
}

function parseFields(lines: readonly string[]): Headers {
  if (lines.length > MAX_FIELDS) throw new Refusal(431, `More than ${MAX_FIELDS} fields`);
  const headers = new Headers();
  for (const line of lines) {
    const [, name, value] = FIELD.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Refusal(400, "A malformed field");
    if (SINGLE.has(name.toLowerCase()) && headers.has(name)) {
      throw new Refusal(400, `The ${name} field is there twice`);
    }
    headers.append(name, value);
  }
  return headers;
}

function parseLength(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new Refusal(400, "Content-Length is not a number");
  return Number(text);
}
