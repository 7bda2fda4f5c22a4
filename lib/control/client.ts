import { FileError, parseDuration } from "../base/mod.ts";
import { DEADLINE_FIELD } from "./access/guard.ts";
import { SERVER_NAME } from "./http/message.ts";
import type { Status } from "./status_schema.ts";
import { readToken, type Token, tokenFile, type TokenKind } from "./access/token.ts";

/** How long an agent may be paused, ms: by accident is too short, and timers go up to 24 days. */
const LEAST = 1_000;
const MOST = 7 * 24 * 3_600_000;

/** What is asked for where {@linkcode parsePauseTime} finds none. */
export const PAUSE_TIMES = "30s, 10m or 2h, from 1s to 7d";

/** The duration of a pause, ms; undefined when the text is none or out of range. */
export function parsePauseTime(text: string): number | undefined {
  const time = parseDuration(text);
  return time === undefined || time < LEAST || time > MOST ? undefined : time;
}

/** No agent runs from this home; the message says where it was looked for. */
export class NotRunningError extends Error {
  override name = "NotRunningError";
}

/** A running agent refused a request; the message is its reason. */
export class RefusedError extends Error {
  override name = "RefusedError";

  /** @param status the HTTP status. */
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** How long an answer may take, ms. */
export interface ClientTimeouts {
  /** What the agent knows. */
  get: number;
  /** What it is to do: to restart a daemon takes as long as the daemon takes to stop. */
  post: number;
  /** The longest silence of a stream; the agent sends `alive` every 5 s. */
  silence: number;
}

const CLIENT_TIMEOUTS: ClientTimeouts = { get: 10_000, post: 30_000, silence: 15_000 };

/** An event of a running agent's stream. */
export interface StreamEvent {
  name: string;
  data: unknown;
}

/** What speaks to a running agent. */
export class Client {
  readonly #file: string;
  readonly #token: Token;
  readonly #times: ClientTimeouts;

  private constructor(file: string, token: Token, times: ClientTimeouts) {
    this.#file = file;
    this.#token = token;
    this.#times = times;
  }

  get #base(): string {
    return `http://127.0.0.1:${this.#token.port}`;
  }

  /**
   * What speaks to the agent that runs from a home folder.
   *
   * @param kind what it may ask: everything, or the status and the metrics alone.
   * @throws {NotRunningError} when there is no token, or the file holds something else.
   * @throws {FileError} when the token cannot be read.
   */
  static async connect(
    home: string,
    kind: TokenKind = "control",
    times: ClientTimeouts = CLIENT_TIMEOUTS,
  ): Promise<Client> {
    const file = tokenFile(home, kind);
    let token;
    try {
      token = await readToken(home, kind);
    } catch (error) {
      throw new FileError("read", file, error);
    }
    if (!token) {
      const isThere = await Deno.stat(file).then(() => true, () => false);
      const why = isThere ? `${file} holds no token of an agent` : `there is no ${file}`;
      throw new NotRunningError(
        `The agent is not running, or serves no commands (control.listen): ${why}`,
      );
    }
    return new Client(file, token, times);
  }

  /**
   * Asks for something.
   *
   * @param path path and query.
   * @throws {NotRunningError} when nothing answers that knows the token.
   * @param limit how long the answer may take, ms.
   * @throws {RefusedError} when the agent refuses.
   * @throws {Error} when it does not answer in time.
   */
  async get<T>(path: string, limit: number = this.#times.get): Promise<T> {
    return await this.#request(path, {}, limit);
  }

  /** The agent's status; throws as {@linkcode Client.get} does. @param limit how long the answer may take, ms. */
  async status(limit?: number): Promise<Status> {
    return await this.get("/api/status", limit);
  }

  /**
   * Asks for something to be done; throws as {@linkcode Client.get} does. An agent that comes to it only when nobody
   * waits any more leaves it undone.
   */
  async post<T>(path: string, body: Record<string, unknown> = {}): Promise<T> {
    const deadline = String(Date.now() + this.#times.post);
    const headers = { "content-type": "application/json", [DEADLINE_FIELD]: deadline };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    return await this.#request(path, init, this.#times.post);
  }

  /** A frozen agent or host accepts the connection and sends nothing. */
  async #request<T>(path: string, init: RequestInit, limit: number): Promise<T> {
    const signal = AbortSignal.timeout(limit);
    try {
      return await (await this.#fetch(path, { ...init, signal })).json();
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new Error(`The agent did not answer within ${limit / 1000} s`);
    }
  }

  /**
   * The events of a stream, until the agent ends it or the signal is aborted; throws as {@linkcode Client.get} does,
   * also when the stream falls silent.
   */
  async *events(query: URLSearchParams, signal: AbortSignal): AsyncGenerator<StreamEvent> {
    const limit = this.#times.silence;
    const silence = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hear = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), limit);
    };
    hear();
    try {
      const either = AbortSignal.any([signal, silence.signal]);
      const response = await this.#fetch(`/api/events?${query}`, { signal: either });
      for await (const event of readEvents(response.body!.pipeThrough(new TextDecoderStream()))) {
        hear();
        if (event.name !== "alive") yield event;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (silence.signal.aborted) {
        throw new Error(`The agent has not been heard of for ${limit / 1000} s`);
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = { ...init.headers, authorization: `Bearer ${this.#token.text}` };
    let response;
    try {
      response = await fetch(this.#base + path, { ...init, headers, redirect: "manual" });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw this.#notRunning("nothing answers there");
    }
    const isAgent = response.headers.get("server") === SERVER_NAME;
    if (isAgent && response.ok) return response;
    if (!isAgent || response.status === 401) {
      await response.body?.cancel();
      throw this.#notRunning(`what answers there is another ${isAgent ? "one's" : "program"}`);
    }
    throw new RefusedError(response.status, (await response.json()).error);
  }

  #notRunning(what: string): NotRunningError {
    return new NotRunningError(
      `The agent is not running: ${this.#file} names ${this.#base} and process ${this.#token.pid}, and ${what}`,
    );
  }
}

/** Reads server-sent events as the agent writes them. */
async function* readEvents(chunks: ReadableStream<string>): AsyncGenerator<StreamEvent> {
  let text = "";
  for await (const chunk of chunks) {
    const blocks = (text + chunk).split("\n\n");
    text = blocks.pop()!;
    for (const block of blocks) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/s.exec(block) ?? [];
      if (name !== undefined) yield { name, data: JSON.parse(data!) };
    }
  }
}
