import { assertEquals, assertRejects } from "@std/assert";
import { createServer, type TLSSocket } from "node:tls";
import { ApiConnection } from "../../lib/icinga/mod.ts";
import { tellSkipped } from "../skipped.ts";
import { hasOpenssl, makeCa, makeCertificate } from "./fixture.ts";

/** A parent `master` that takes one connection, and answers each request with what `answer` does. */
async function withParent(
  answer: (socket: TLSSocket, request: string) => void,
  test: (connect: (name?: string) => Promise<ApiConnection>) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  await makeCa(folder);
  await makeCertificate(folder, "master", { ca: "ca" });
  const read = (name: string) => Deno.readTextFileSync(`${folder}/${name}`);
  const sockets: TLSSocket[] = [];
  const server = createServer({ cert: read("master.crt"), key: read("master.key") }, (socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes) => answer(socket, bytes.toString()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const ca = read("ca.crt");
  try {
    await test((name = "master") =>
      ApiConnection.open(
        { name, host: "127.0.0.1", port },
        { ca, user: "u", password: "ä" },
        20_000,
      )
    );
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
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
  const answer = (socket: TLSSocket, request: string) => {
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
