import { Buffer } from "node:buffer";
import { within } from "../../base/mod.ts";
import { errorResponse, type Head, HttpError, parseHead } from "./message.ts";

/** Limits of a server. */
export interface HttpLimits {
  /** Bytes of a request's head. */
  head: number;
  /** Bytes of a request's body. */
  body: number;
  /** How long a whole request may take to arrive, ms. */
  arrival: number;
  /** How long the client may take to accept one piece of a response, ms. */
  departure: number;
  /** Connections at a time. */
  connections: number;
}

/** Default limits. */
const HTTP_LIMITS: HttpLimits = {
  head: 8 * 1024,
  body: 16 * 1024,
  arrival: 5_000,
  departure: 10_000,
  connections: 64,
};

/** What a server does with requests, and its limits. */
export interface HttpOptions {
  /** Answers a request. An {@linkcode HttpError} that it throws is the response; anything else makes it a 500. */
  handle: (request: Request) => Response | Promise<Response>;
  /** Called with an error of `handle` that is not an {@linkcode HttpError}. */
  onFailure: (error: unknown) => void;
  /** Default: {@linkcode HTTP_LIMITS}. */
  limits?: HttpLimits;
}

/**
 * An HTTP/1.1 server with limits, one request a connection. `Deno.serve` has no time limit for a request's head and no
 * limit of connections, so that any process on the host could use up the agent's sockets. It knows nothing of the agent.
 */
export class HttpServer {
  readonly #listener: Deno.Listener;
  readonly #options: HttpOptions;
  readonly #limits: HttpLimits;
  readonly #open = new Map<HttpConnection, Promise<void>>();
  readonly #accepting: Promise<void>;
  #closed = false;

  /** @param listener plain or TLS; closed by {@linkcode HttpServer.close}. */
  constructor(listener: Deno.Listener, options: HttpOptions) {
    this.#listener = listener;
    this.#options = options;
    this.#limits = options.limits ?? HTTP_LIMITS;
    this.#accepting = this.#accept();
  }

  /** Accepts no more connections and closes all; resolves when they are closed. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#listener.close();
    for (const connection of this.#open.keys()) connection.close();
    await Promise.all([this.#accepting, ...this.#open.values()]);
  }

  async #accept(): Promise<void> {
    while (!this.#closed) {
      try {
        this.#admit(await this.#listener.accept());
      } catch {
        // A connection that ended early, or no file handles left; and in the end a listener that was closed.
        if (!this.#closed) await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  /**
   * At the limit, closes the oldest connection without a complete request, so that slow clients cannot block others.
   * When there is none, closes the new connection.
   */
  #admit(conn: Deno.Conn): void {
    if (this.#open.size >= this.#limits.connections) this.#dropOldest();
    const connection = new HttpConnection(conn, this.#limits);
    if (this.#open.size >= this.#limits.connections) return connection.close();
    const over = connection.run(this.#options).finally(() => this.#open.delete(connection));
    this.#open.set(connection, over);
  }

  #dropOldest(): void {
    const oldest = [...this.#open.keys()].find((connection) => !connection.isBusy);
    if (!oldest) return;
    oldest.close();
    this.#open.delete(oldest);
  }
}

const END_OF_HEAD = "\r\n\r\n";

/** How long it still reads after the response, ms: closing earlier would reset the connection and lose the response. */
const LINGER_TIME = 1_000;

/** One connection: one request, one response, then it is closed. */
class HttpConnection {
  readonly #conn: Deno.Conn;
  readonly #limits: HttpLimits;
  #received = Buffer.alloc(0);
  #isBusy = false;
  #isHead = false;

  constructor(conn: Deno.Conn, limits: HttpLimits) {
    this.#conn = conn;
    this.#limits = limits;
  }

  /** Whether a request is being answered; otherwise the connection may be closed for a new one. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Reads the request, sends the response and closes the connection. Never rejects. */
  async run(options: HttpOptions): Promise<void> {
    try {
      await this.#send(await this.#respond(options));
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

  /** Rejects when the client has closed the connection without a request. */
  async #respond({ handle, onFailure }: HttpOptions): Promise<Response> {
    const late = () => {
      throw new HttpError(408, "The request took too long to arrive");
    };
    try {
      const request = await within(this.#receive(), { ms: this.#limits.arrival, late });
      this.#isBusy = true;
      this.#isHead = request.method === "HEAD";
      return await handle(request);
    } catch (error) {
      if (!(error instanceof HttpError)) {
        if (!this.#isBusy) throw error;
        onFailure(error);
      }
      return errorResponse(error);
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
      const end = this.#received.indexOf(END_OF_HEAD);
      if ((end < 0 ? this.#received.length : end) > this.#limits.head) {
        throw new HttpError(431, `The head is larger than ${this.#limits.head} bytes`);
      }
      if (end >= 0) {
        const head = this.#received.toString("latin1", 0, end);
        this.#received = this.#received.subarray(end + END_OF_HEAD.length);
        return parseHead(head);
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
    this.#received = Buffer.concat([this.#received, buffer.subarray(0, count)]);
  }

  async #send(response: Response): Promise<void> {
    const head = formatHead(response);
    if (response.headers.get("content-type") === "text/event-stream") {
      if (this.#isHead) await response.body!.cancel();
      const start = Buffer.from(head + END_OF_HEAD);
      return await (this.#isHead ? this.#write(start) : this.#stream(start, response));
    }
    const body = await response.bytes();
    const start = Buffer.from(`${head}\r\nContent-Length: ${body.length}${END_OF_HEAD}`);
    await this.#write(this.#isHead ? start : Buffer.concat([start, body]));
  }

  /** Until the body or the client ends it. */
  async #stream(head: Uint8Array, { body }: Response): Promise<void> {
    const reader = body!.getReader();
    const gone = this.#read().catch(() => {}).then(() => reader.cancel());
    try {
      await this.#write(head);
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        await this.#write(value);
      }
    } finally {
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
      while (await this.#conn.read(buffer) !== null);
    };
    await within(drain(), { ms: LINGER_TIME });
  }
}

/** The head without its end. A client or a proxy may go by the date (RFC 9110, 6.6.1). */
function formatHead({ status, headers }: Response): string {
  return [
    `HTTP/1.1 ${status} ${STATUS_TEXT[status]}`,
    "Connection: close",
    `Date: ${new Date().toUTCString()}`,
    ...[...headers].map(([name, value]) => `${name}: ${value}`),
  ].join("\r\n");
}

/** Of each status that is answered. */
const STATUS_TEXT: Readonly<Record<number, string>> = {
  200: "OK",
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
