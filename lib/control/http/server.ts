import { Exchange, type Handler, type Refuse } from "./exchange.ts";
import { HTTP_LIMITS, type HttpLimits } from "./limits.ts";

/** What a server does with requests, and what it puts up with. */
export interface HttpOptions {
  /** Answers a request. */
  handle: Handler;
  /** Answers what {@linkcode HttpOptions.handle}, or the reading of a request, has thrown. */
  refuse: Refuse;
  /** {@linkcode HTTP_LIMITS} unless told. */
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
  readonly #open = new Map<Exchange, Promise<void>>();
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
    for (const exchange of this.#open.keys()) exchange.close();
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
   * When there are too many connections the oldest that is not being answered gives way, so that slow clients cannot
   * keep a quick one out.
   */
  #admit(conn: Deno.Conn): void {
    if (this.#open.size >= this.#limits.connections) this.#dropOldest();
    const exchange = new Exchange(conn, this.#limits);
    if (this.#open.size >= this.#limits.connections) return exchange.close();
    const { handle, refuse } = this.#options;
    const over = exchange.run(handle, refuse).finally(() => this.#open.delete(exchange));
    this.#open.set(exchange, over);
  }

  #dropOldest(): void {
    const oldest = [...this.#open.keys()].find((exchange) => !exchange.isBusy);
    if (!oldest) return;
    oldest.close();
    this.#open.delete(oldest);
  }
}
