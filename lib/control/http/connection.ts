import { within } from "../../base/mod.ts";
import { type Head, HttpError, parseHead } from "./message.ts";
import type { HttpLimits } from "./server.ts";

/** Answers a request; what it throws goes to {@linkcode OnError}. */
export type Handler = (request: Request) => Response | Promise<Response>;

/** Makes the response to what a handler, or the reading of a request, has thrown. */
export type OnError = (error: unknown) => Response;

const END_OF_HEAD = "\r\n\r\n";

/** After the response so many bytes are still read: closing before that would reset the connection, and lose the response. */
const LINGER_BYTES = 256 * 1024;
const LINGER_TIME = 1_000;

/** One connection: one request, one response, then it is closed. */
export class Connection {
  readonly #conn: Deno.Conn;
  readonly #limits: HttpLimits;
  #received = new Uint8Array();
  #isBusy = false;

  constructor(conn: Deno.Conn, limits: HttpLimits) {
    this.#conn = conn;
    this.#limits = limits;
  }

  /** Whether a request is being answered; otherwise the connection may be closed for a new one. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Reads the request, sends the response and closes the connection. Never rejects. */
  async run(handle: Handler, onError: OnError): Promise<void> {
    try {
      await this.#send(await this.#respond(handle, onError));
      this.#isBusy = false;
      await this.#linger();
    } catch {
      // The client has gone away, or the server has closed the connection.
    } finally {
      this.close();
    }
  }

  /** Closes it at once. */
  close(): void {
    try {
      this.#conn.close();
    } catch {
      // It was closed already.
    }
  }

  /** Rejects when the client has gone away before it asked. */
  async #respond(handle: Handler, onError: OnError): Promise<Response> {
    const late = () => {
      throw new HttpError(408, "The request took too long to arrive");
    };
    try {
      const request = await within(this.#receive(), { ms: this.#limits.arrival, late });
      this.#isBusy = true;
      return await attempt(handle, request, onError);
    } catch (error) {
      if (error instanceof HttpError) return onError(error);
      throw error;
    }
  }

  async #receive(): Promise<Request> {
    const head = await this.#receiveHead();
    const body = await this.#receiveBody(head.length);
    const { method, target, headers } = head;
    const hasBody = method !== "GET" && method !== "HEAD";
    try {
      return new Request(`http://agent${target}`, { method, headers, ...(hasBody && { body }) });
    } catch {
      throw new HttpError(400, "Not an HTTP request");
    }
  }

  async #receiveHead(): Promise<Head> {
    for (;;) {
      const text = latin1(this.#received);
      const end = text.indexOf(END_OF_HEAD);
      if (end < 0 ? text.length > this.#limits.head : end > this.#limits.head) {
        throw new HttpError(431, `The head is larger than ${this.#limits.head} bytes`);
      }
      if (end >= 0) {
        this.#received = this.#received.subarray(end + END_OF_HEAD.length);
        return parseHead(text.slice(0, end));
      }
      await this.#read();
    }
  }

  async #receiveBody(length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (length > this.#limits.body) {
      throw new HttpError(413, `The body is larger than ${this.#limits.body} bytes`);
    }
    while (this.#received.length < length) await this.#read();
    return this.#received.subarray(0, length);
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(4096);
    const count = await this.#conn.read(buffer);
    if (count === null) throw new Error("The client has gone away");
    const joined = new Uint8Array(this.#received.length + count);
    joined.set(this.#received);
    joined.set(buffer.subarray(0, count), this.#received.length);
    this.#received = joined;
  }

  async #send(response: Response): Promise<void> {
    const streams = response.headers.get("content-type") === "text/event-stream";
    const head = formatHead(response, streams);
    if (!streams) return await this.#write(join(head, await response.bytes()));
    await this.#stream(head, response.body!.getReader());
  }

  /** Until the body or the client ends it. */
  async #stream(head: Uint8Array, reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const gone = this.#read().catch(() => {}).then(() => reader.cancel());
    try {
      await this.#write(head);
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        await this.#write(value);
      }
    } finally {
      await reader.cancel();
      this.close();
      await gone;
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0;) {
      const late = () => {
        throw new Error("The client does not read");
      };
      rest = rest.subarray(
        await within(this.#conn.write(rest), { ms: this.#limits.departure, late }),
      );
    }
  }

  async #linger(): Promise<void> {
    await this.#conn.closeWrite();
    const buffer = new Uint8Array(16 * 1024);
    const drain = async () => {
      for (let left = LINGER_BYTES; left > 0;) {
        const count = await this.#conn.read(buffer);
        if (count === null) return;
        left -= count;
      }
    };
    await within(drain(), {
      ms: LINGER_TIME,
      late: () => {
        throw new Error("The client does not close");
      },
    });
  }
}

async function attempt(handle: Handler, request: Request, onError: OnError): Promise<Response> {
  try {
    return await handle(request);
  } catch (error) {
    return onError(error);
  }
}

function formatHead({ status, headers }: Response, streams: boolean): Uint8Array {
  const lines = [`HTTP/1.1 ${status} ${STATUS_TEXT[status] ?? ""}`, "Connection: close"];
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  return new TextEncoder().encode(lines.join("\r\n") + (streams ? END_OF_HEAD : "\r\n"));
}

const STATUS_TEXT: Readonly<Record<number, string>> = {
  200: "OK",
  204: "No Content",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  411: "Length Required",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

function join(head: Uint8Array, body: Uint8Array): Uint8Array {
  const length = new TextEncoder().encode(`Content-Length: ${body.length}${END_OF_HEAD}`);
  const all = new Uint8Array(head.length + length.length + body.length);
  all.set(head);
  all.set(length, head.length);
  all.set(body, head.length + length.length);
  return all;
}

const latin1Decoder = new TextDecoder("latin1");

function latin1(bytes: Uint8Array): string {
  return latin1Decoder.decode(bytes);
}
