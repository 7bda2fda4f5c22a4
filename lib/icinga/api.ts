import type { TLSSocket } from "node:tls";
import { errorMessage, within } from "../base/mod.ts";
import { describeEndpoint, type Endpoint } from "./node.ts";

/** The credentials of this host for Icinga's API, and what authenticates the server. */
export interface Credentials {
  /** The certificate of the CA, as PEM. */
  ca: string;
  /** The own certificate and its private key, as PEM. */
  cert?: string;
  key?: string;
  /** The name and the password of an ApiUser. */
  user?: string;
  password?: string;
}

/** What Icinga's API answered. */
export interface ApiAnswer {
  /** The status of HTTP. */
  status: number;
  body: string;
}

/** How long a connection, and an answer, may take, ms. */
const LIMIT = 10_000;

/** Longer answers are refused, bytes. */
const MOST_BYTES = 4 * 1024 ** 2;

/** One connection to the API of an endpoint, which is kept for further requests. One request at a time. */
export class ApiConnection {
  readonly #socket: TLSSocket;
  readonly #head: string;
  readonly #limit: number;
  #received: Uint8Array = new Uint8Array();
  #ended: string | undefined;
  #wake = () => {};

  private constructor(
    socket: TLSSocket,
    readonly endpoint: Endpoint,
    { user, password }: Credentials,
    limit: number,
  ) {
    this.#socket = socket;
    this.#limit = limit;
    const bytes = new TextEncoder().encode(`${user}:${password}`);
    const basic = `Authorization: Basic ${btoa(String.fromCharCode(...bytes))}\r\n`;
    this.#head = `Host: ${endpoint.name}\r\nAccept: application/json\r\n${
      user === undefined ? "" : basic
    }`;
    socket.on("data", (bytes: Uint8Array) => {
      const received = new Uint8Array(this.#received.length + bytes.length);
      received.set(this.#received);
      received.set(bytes, this.#received.length);
      this.#received = received;
      this.#wake();
    });
    const end = (why: string) => {
      this.#ended ??= why;
      this.#wake();
    };
    socket.on("error", (error) => end(errorMessage(error)));
    socket.on("close", () => end("it closed the connection"));
  }

  /**
   * Connects with TLS 1.2 or newer. The certificate of the other side has to be signed by the CA and to be for the
   * endpoint's name, whatever its address is; nothing is sent to another.
   *
   * @param limit how long this, and each answer, may take, ms. Default: 10 s.
   * @throws {Error} in one line, when that is not possible within 10 s.
   */
  static async open(
    endpoint: Endpoint,
    credentials: Credentials,
    limit = LIMIT,
  ): Promise<ApiConnection> {
    const { connect } = await import("node:tls");
    const { name, host, port } = endpoint;
    const { ca, cert, key } = credentials;
    const own = cert !== undefined && key !== undefined ? { cert, key } : {};
    const socket = connect({
      host: host!,
      port,
      servername: name,
      ca,
      ...own,
      minVersion: "TLSv1.2",
    });
    const open = new Promise<void>((resolve, reject) => {
      socket.once("secureConnect", resolve);
      socket.once("error", reject);
      socket.once("close", () => reject(new Error("it closed the connection")));
    });
    const late = () => {
      throw new Error(`no answer within ${limit / 1000} s`);
    };
    try {
      await within(open, { ms: limit, late });
    } catch (error) {
      socket.on("error", () => {});
      socket.destroy();
      throw explain(error, endpoint);
    }
    return new ApiConnection(socket, endpoint, credentials, limit);
  }

  /** Whether the other side has not closed it: Icinga does after 10 s without a request. */
  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  /**
   * Asks, and waits for the answer.
   *
   * @param body sent as JSON.
   * @throws {Error} in one line, when there is no answer; the connection is closed then.
   */
  async ask(method: "GET" | "POST", path: string, body?: unknown): Promise<ApiAnswer> {
    const bytes = new TextEncoder().encode(body === undefined ? "" : JSON.stringify(body));
    const head = `${method} ${path} HTTP/1.1\r\n${this.#head}Content-Type: application/json\r\n` +
      `Content-Length: ${bytes.length}\r\n\r\n`;
    const request = new Uint8Array([...new TextEncoder().encode(head), ...bytes]);
    const late = () => {
      throw new Error(`no answer within ${this.#limit / 1000} s`);
    };
    try {
      this.#received = new Uint8Array();
      this.#socket.write(request);
      return await within(this.#answer(), { ms: this.#limit, late });
    } catch (error) {
      this.close();
      throw explain(error, this.endpoint);
    }
  }

  async #answer(): Promise<ApiAnswer> {
    for (;;) {
      const answer = parseAnswer(this.#received);
      if (answer) return answer;
      if (this.#ended !== undefined) throw new Error(this.#ended);
      if (this.#received.length > MOST_BYTES) throw new Error("its answer is too long");
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Closes it. */
  close(): void {
    this.#ended ??= "it is closed";
    this.#socket.destroy();
    this.#wake();
  }
}

/** What failed, in one line that begins with the endpoint. Deno 2.7 checks the certificate with the first request. */
function explain(error: unknown, endpoint: Endpoint): Error {
  const text = errorMessage(error);
  const meaning = /not valid for name|altnames/i.test(text)
    ? `its certificate is not for the endpoint's name '${endpoint.name}': `
    : /UnknownIssuer|unable to (?:get|verify)|self.signed|BadSignature/i.test(text)
    ? "its certificate is not signed by this CA: "
    : "";
  return new Error(`${describeEndpoint(endpoint)}: ${meaning}${text}`);
}

/**
 * Reads an answer of HTTP/1.1, its body with a length or in chunks.
 *
 * @returns undefined while it is not complete.
 * @throws {Error} when it is no such answer.
 */
export function parseAnswer(bytes: Uint8Array): ApiAnswer | undefined {
  // A character a byte, so that places in the text are places in the bytes.
  const text = new TextDecoder("latin1").decode(bytes);
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const [first = "", ...lines] = text.slice(0, headEnd).split("\r\n");
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1]);
  if (!status) throw new Error("its answer is not HTTP");
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1)] as const;
    }),
  );
  const start = headEnd + 4;
  const decode = (part: Uint8Array) => new TextDecoder().decode(part);
  if (/chunked/i.test(headers.get("transfer-encoding") ?? "")) {
    const chunks = readChunks(bytes, text, start);
    return chunks && { status, body: decode(chunks) };
  }
  const length = Number(headers.get("content-length") ?? 0);
  if (!Number.isInteger(length)) throw new Error("its answer has no length");
  if (bytes.length < start + length) return undefined;
  return { status, body: decode(bytes.subarray(start, start + length)) };
}

function readChunks(bytes: Uint8Array, text: string, start: number): Uint8Array | undefined {
  const found: number[] = [];
  for (let at = start;;) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = parseInt(text.slice(at, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error("its answer has a chunk without a size");
    const [from, to] = [lineEnd + 2, lineEnd + 2 + size];
    if (bytes.length < to + 2) return undefined;
    if (size === 0) return new Uint8Array(found);
    for (const byte of bytes.subarray(from, to)) found.push(byte);
    at = to + 2;
  }
}
