import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { attempt } from "../../lib/base/mod.ts";
import { ApiConnection, type Credentials, introduce } from "../../lib/icinga/mod.ts";
import { tellSkipped } from "../skipped.ts";
import { hasOpenssl, makeCa, makeCertificate } from "./fixture.ts";

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The parent's side of a connection. */
class Answering {
  #sent = Promise.resolve();

  constructor(readonly conn: Deno.TlsConn) {}

  write(text: string): void {
    this.#sent = this.#sent.then(async () => {
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length;) at += await this.conn.write(bytes.subarray(at));
    }).catch(() => {});
  }

  end(text: string): void {
    this.write(text);
    this.#sent = this.#sent.then(() => this.conn.close()).catch(() => {});
  }
}

/** A parent `master` that takes one connection, and answers each request with what `answer` does. */
async function withParent(
  answer: (socket: Answering, request: string) => void,
  test: (
    connect: (
      options?: { name?: string; limit?: number } & Partial<Credentials>,
    ) => Promise<ApiConnection>,
    others: { otherCa: string; introduced: typeof introduce },
  ) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  await makeCa(folder);
  await makeCa(folder, "other");
  await makeCertificate(folder, "master", { ca: "ca" });
  const read = (name: string) => Deno.readTextFileSync(`${folder}/${name}`);
  const server = Deno.listenTls({
    ...{ hostname: "127.0.0.1", port: 0 },
    ...{ cert: read("master.crt"), key: read("master.key") },
  });
  const { port } = server.addr;
  const open: Deno.TlsConn[] = [];
  const serve = async (conn: Deno.TlsConn) => {
    open.push(conn);
    for await (const bytes of conn.readable) answer(new Answering(conn), decode(bytes));
  };
  (async () => {
    for await (const conn of server) serve(conn).catch(() => {});
  })();
  const ca = read("ca.crt");
  try {
    const parent = { name: "master", host: "127.0.0.1", port };
    await test(
      ({ name = "master", limit = 20_000, ...credentials } = {}) =>
        ApiConnection.open({ ...parent, name }, {
          ...{ ca, user: "u", password: "ä" },
          ...credentials,
        }, limit),
      {
        otherCa: read("other.crt"),
        introduced: (_, { credentials, ...access }) =>
          introduce(parent, { ...access, credentials: { ...credentials, ca } }),
      },
    );
  } finally {
    for (const conn of open) attempt(() => conn.close(), () => {});
    server.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Longer answers are refused, bytes. */
const MOST_BYTES = 4 * 1024 ** 2;

const ignore = !hasOpenssl;
const name = "what a parent answers, in pieces too, and why it answers no more";
if (ignore) tellSkipped(name, "there is no openssl");

Deno.test({ name, ignore }, async () => {
  const requests: string[] = [];
  const answer = (socket: Answering, request: string) => {
    requests.push(request);
    const begin = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe";
    const [, size] = / \/size=(\d+) /.exec(request) ?? [];
    if (/ \/half /.test(request)) {
      socket.end(begin);
    } else if (size !== undefined) {
      const head = `HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`;
      // Without its last byte it is never complete.
      const missing = Number(size) > MOST_BYTES ? 1 : 0;
      socket.write(head + "x".repeat(Number(size) - missing));
    } else {
      socket.write(begin);
      setTimeout(() => socket.write("llo"), 5);
    }
  };
  await withParent(answer, async (connect) => {
    const connection = await connect();
    const whole = { status: 200, body: "hello" };
    assertEquals(await connection.ask("GET", "/whole"), whole);
    assertEquals(await connection.ask("POST", "/whole", { ä: 1 }), whole);
    assertEquals(connection.isOpen, true);
    const [get, post] = requests.map((text) => text.split("\r\n"));
    assertEquals(get, [
      "GET /whole HTTP/1.1",
      "Host: master",
      "Accept: application/json",
      "Authorization: Basic dTrDpA==",
      ...["Content-Type: application/json", "Content-Length: 0", "", ""],
    ]);
    assertEquals(post!.slice(-3), ["Content-Length: 8", "", '{"ä":1}']);
    const { body } = await connection.ask("GET", `/size=${MOST_BYTES - 100}`);
    assertEquals(body.length, MOST_BYTES - 100);
    const long = await connect();
    await assertRejects(() => long.ask("GET", `/size=${MOST_BYTES + 100}`), Error, "is too long");
    assertEquals(long.isOpen, false);
    const why = (path: string) => assertRejects(() => connection.ask("GET", path), Error);
    const { message } = await why("/half");
    assertEquals(
      message.replace(/:\d+/, ":PORT"),
      "master (127.0.0.1:PORT): it closed the connection",
    );
    assertEquals(connection.isOpen, false);
    assertEquals((await why("/whole")).message, message);
  });
});

const PORT = /:\d+/;

Deno.test({
  name: "why nothing is sent to a parent, or it does not answer, is told in one line",
  ignore,
}, async () => {
  const requests: string[] = [];
  const answer = (_: Answering, request: string) => void requests.push(request);
  await withParent(answer, async (connect, { otherCa }) => {
    const why = async (options: Parameters<typeof connect>[0]) => {
      // Deno 2.7 checks the certificate with the first request.
      const ask = async () => await (await connect(options)).ask("GET", "/never");
      return (await assertRejects(ask, Error)).message.replace(PORT, "");
    };
    assertMatch(
      await why({ name: "another" }),
      /^another \(127\.0\.0\.1\): its certificate is not for the endpoint's name 'another': /,
    );
    assertMatch(
      await why({ ca: otherCa }),
      /^master \(127\.0\.0\.1\): its certificate is not signed by this CA: /,
    );
    assertEquals(requests, []);
    assertEquals(await why({ limit: 2_000 }), "master (127.0.0.1): no answer within 2 s");
    const connection = await connect();
    connection.close();
    assertEquals(connection.isOpen, false);
    await assertRejects(() => connection.ask("GET", "/"), Error, "it is closed");
  });
});

Deno.test({
  name: "a parent tells who this host is for it, or that it does not know it",
  ignore,
}, async () => {
  let status = 200;
  const requests: string[] = [];
  const known = { user: "agent", permissions: ["*"], version: "r2.13.6-1" };
  const answer = (socket: Answering, request: string) => {
    requests.push(request);
    const body = JSON.stringify({ results: [known] });
    socket.write(`HTTP/1.1 ${status} x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  };
  await withParent(answer, async (_, { introduced }) => {
    const parent = { name: "master", port: 1 };
    const meet = (user?: string) => {
      const credentials = { ca: "", ...(user && { user, password: "p" }) };
      return introduced(parent, { host: "h", parents: [], credentials });
    };
    const { connection, identity } = await meet();
    assertEquals([identity, connection.isOpen], [known, true]);
    connection.close();
    assertEquals(/^GET \/v1 /.test(requests[0]!), true);
    assertEquals(/Authorization/.test(requests[0]!), false, "without a user there is no password");
    const why = async (user?: string) =>
      (await assertRejects(() => meet(user), Error)).message.replace(PORT, "");
    status = 503;
    assertEquals(await why(), "master (127.0.0.1): HTTP 503");
    status = 401;
    assertMatch(await why(), /this host's certificate \(401\): .*object ApiUser "h" \{/);
    assertMatch(await why("u"), /it does not know ApiUser 'u', or the password is another \(401\)/);
  });
});
