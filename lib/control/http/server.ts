import { HttpConnection } from "./connection.ts";

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
export const HTTP_LIMITS: HttpLimits = {
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
  /** Called with what `handle` has thrown that is no {@linkcode HttpError}. */
  onFailure: (error: unknown) => void;
  /** Default: {@linkcode HTTP_LIMITS}. */
  limits?: HttpLimits;
}

/**
 * An HTTP/1.1 server, one request a connection, within limits: `Deno.serve` knows no time limit for a request's
 * head and no limit of connections, so that anybody on the host could hold the agent's sockets.
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

  /** Accepts no more and closes every connection; resolves when they are gone. */
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
   * At the limit the oldest connection without a complete request is closed, so that slow clients cannot keep others out;
   * where all requests are being answered the new connection is closed.
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
