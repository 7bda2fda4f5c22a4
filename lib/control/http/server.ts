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
  /** Called with an error of `handle` that is not an {@linkcode HttpError}. */
  onFailure: (error: unknown) => void;
  /** Default: {@linkcode HTTP_LIMITS}. */
  limits?: HttpLimits;
}

/**
 * An HTTP/1.1 server with limits, one request a connection. `Deno.serve` has no time limit for a request's head and no
 * limit of connections, so that any process on the host could use up the agent's sockets.
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
