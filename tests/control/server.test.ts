import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { HttpError, jsonResponse, response } from "../../lib/control/http/message.ts";
import { type HttpLimits, HttpServer } from "../../lib/control/http/server.ts";

/** Short enough for a test, and far from each other. */
const LIMITS: HttpLimits = {
  ...{ head: 1024, body: 64, arrival: 300, departure: 300, connections: 8 },
};

const encode = (text: string) => new TextEncoder().encode(text);

async function withServer(
  handle: (request: Request) => Response | Promise<Response>,
  test: (port: number) => Promise<void>,
  limits: Partial<HttpLimits> = {},
  onFailure: (error: unknown) => void = () => {},
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const server = new HttpServer(listener, {
    handle,
    onFailure,
    limits: { ...LIMITS, ...limits },
  });
  try {
    await test((listener.addr as Deno.NetAddr).port);
  } finally {
    await server.close();
  }
}

const connect = (port: number) => Deno.connect({ hostname: "127.0.0.1", port });

/** Waits until something holds, for 60 s at most. */
async function until(what: string, holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 60_000; !holds(); await turn()) {
    if (Date.now() > end) throw new Error(`Not within 60 s: ${what}`);
  }
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

/** Everything that comes until the end, for 60 s at most; a connection that is reset ends too. */
async function readAll(conn: Deno.Conn): Promise<string> {
  const timer = setTimeout(() => conn.close(), 60_000);
  try {
    return await readOn(conn);
  } finally {
    clearTimeout(timer);
  }
}

async function readOn(conn: Deno.Conn): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(4096);
  for (;;) {
    const count = await conn.read(buffer).catch(() => null);
    if (count === null) return text;
    text += decoder.decode(buffer.subarray(0, count));
  }
}

async function exchange(port: number, ...pieces: string[]): Promise<string> {
  using conn = await connect(port);
  for (const piece of pieces) {
    await conn.write(encode(piece)).catch(() => {});
    await turn();
  }
  return await readAll(conn);
}

const echo = async (request: Request) =>
  jsonResponse([request.method, new URL(request.url).pathname, await request.text()]);

Deno.test("every status that is answered has its reason phrase", async () => {
  const statuses = [200, 400, 401, 403, 404, 405, 408, 411, 413, 415, 431, 500, 503];
  const handle = (request: Request) => {
    const status = Number(new URL(request.url).pathname.slice(1));
    if (status === 200) return jsonResponse({});
    throw status === 500 ? new Error("no") : new HttpError(status, "no");
  };
  await withServer(handle, async (port) => {
    for (const status of statuses) {
      const text = await exchange(port, `GET /${status} HTTP/1.1\r\nHost: x\r\n\r\n`);
      assertMatch(text, new RegExp(`^HTTP/1.1 ${status} [A-Z][A-Za-z -]+\r\n`));
    }
  });
});

Deno.test("one request a connection, in one piece or in many", async () => {
  await withServer(echo, async (port) => {
    const response = await fetch(`http://127.0.0.1:${port}/a`, { method: "POST", body: "ä" });
    assertEquals(await response.json(), ["POST", "/a", "ä"]);
    const text = await exchange(
      port,
      "PO",
      "ST /b HTTP/1.1\r\nHo",
      "st: x\r\nContent-Length: 2\r",
      "\n\r\nh",
      "i",
    );
    assertMatch(text, /^HTTP\/1\.1 200 OK\r\nConnection: close\r\n/);
    assertStringIncludes(text, '\r\n\r\n["POST","/b","hi"]\n');
    const pipelined = "GET /c HTTP/1.1\r\nHost: x\r\n\r\n";
    assertEquals((await exchange(port, pipelined + pipelined)).match(/HTTP\/1\.1/g)?.length, 1);
  });
});

Deno.test("a response has the date, and one to HEAD is that to GET without its body", async () => {
  const handle = ({ url }: Request) => {
    if (url.endsWith("/text")) return jsonResponse("text");
    return response("text/event-stream", new ReadableStream({ cancel: () => void cancelled++ }));
  };
  let cancelled = 0;
  await withServer(handle, async (port) => {
    const ask = (request: string) => exchange(port, `${request} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const whole = await ask("GET /text");
    assertMatch(whole, /\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/);
    const undated = (text: string) => text.replace(/Date: .*\r\n/, "");
    assertEquals(undated(await ask("HEAD /text")), undated(whole.replace(/"text"\n$/, "")));
    assertMatch(await ask("HEAD /events"), /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/);
    assertEquals(cancelled, 1);
  });
});

Deno.test("what is too large, too slow or no request gets its response, and the next one is served", async () => {
  await withServer(echo, async (port) => {
    const cases: [status: number, pieces: string[]][] = [
      [400, ["nonsense\r\n\r\n"]],
      [400, ["\r\n\r\n"]],
      [400, ["\x16\x03\x01\x02\x00\x01\r\n\r\n"]], // TLS
      [431, [`GET / HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(2000)}`]],
      [431, [`GET /${"a".repeat(200_000)} HTTP/1.1\r\n`]],
      [413, ["POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 65\r\n\r\n"]],
      [413, [`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n${"a".repeat(200_000)}`]],
      [408, ["GET / HT"]],
      [408, ["GET / HTTP/1.1\r\nHost: x\r\n"]],
      [408, ["POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"]],
    ];
    for (const [status, pieces] of cases) {
      assertMatch(await exchange(port, ...pieces), new RegExp(`^HTTP/1.1 ${status} `), pieces[0]);
    }
    assertEquals((await fetch(`http://127.0.0.1:${port}/`).then((r) => r.json()))[0], "GET");
  });
});

Deno.test("who still sends when the response is there is not cut off", async () => {
  await withServer(echo, async (port) => {
    using conn = await connect(port);
    await conn.write(encode("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 65\r\n\r\n"));
    assertMatch(await readAll(conn), /^HTTP\/1\.1 413 /);
    // On Windows a connection that is reset loses the response, too.
    for (const part of ["a", "b", "c"]) {
      await conn.write(encode(part));
      await turn();
    }
  });
});

Deno.test("a head may have 8 KB and a body 16 KB, unless other limits are given", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const server = new HttpServer(listener, { handle: echo, onFailure: () => {} });
  const { port } = listener.addr as Deno.NetAddr;
  const ask = async (head: number, body: number) => {
    const start = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body}\r\nX: `;
    const text = `${start.padEnd(head, "a")}\r\n\r\n${"b".repeat(body)}`;
    return Number((await exchange(port, text)).split(" ")[1]);
  };
  assertEquals(await ask(8_192, 16_384), 200);
  assertEquals([await ask(8_193, 0), await ask(100, 16_385)], [431, 413]);
  await server.close();
});

Deno.test("what a handler throws is a response, and gives nothing away", async () => {
  const secret = new Error("a secret");
  const handle = ({ url }: Request): Response => {
    throw url.endsWith("/known") ? new HttpError(404, "not here") : secret;
  };
  const failures: unknown[] = [];
  await withServer(
    handle,
    async (port) => {
      const known = await fetch(`http://127.0.0.1:${port}/known`);
      assertEquals([known.status, await known.json()], [404, { error: "not here" }]);
      const unknown = await fetch(`http://127.0.0.1:${port}/`);
      assertEquals(unknown.status, 500);
      assertEquals((await unknown.text()).includes("secret"), false);
      assertEquals(failures, [secret]);
    },
    {},
    (error) => failures.push(error),
  );
});

Deno.test("many idle connections do not keep a quick one out, and are let go", async () => {
  await withServer(echo, async (port) => {
    const idle = await Promise.all(Array.from({ length: 100 }, () => connect(port)));
    try {
      assertEquals((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
      let ended = 0;
      for (const conn of idle) void readAll(conn).then(() => ended++);
      await until("idle ones are let go", () => ended >= idle.length - LIMITS.connections);
    } finally {
      for (const conn of idle) conn.close();
    }
  }, { arrival: 60_000 });
});

Deno.test("while all places are taken by requests that are answered the next connection is closed", async () => {
  const gate = Promise.withResolvers<void>();
  let asked = 0;
  const handle = async () => {
    asked++;
    await gate.promise;
    return jsonResponse("done");
  };
  const head = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  await withServer(handle, async (port) => {
    const slow = Array.from({ length: 8 }, () => exchange(port, head));
    await until("eight are asked", () => asked === 8);
    let ninth: string | undefined;
    void exchange(port, head).then((text) => ninth = text);
    await until("the ninth is closed, or asked", () => ninth !== undefined || asked > 8);
    assertEquals([asked, ninth], [8, ""]);
    gate.resolve();
    for (const answer of await Promise.all(slow)) assertStringIncludes(answer, '"done"');
    assertStringIncludes(await exchange(port, head), '"done"');
  }, { arrival: 20_000, departure: 20_000 });
});

Deno.test("a client that keeps its connection after the response takes nobody's place", async () => {
  await withServer(echo, async (port) => {
    const kept = await Promise.all(Array.from({ length: 8 }, () => connect(port)));
    try {
      for (const conn of kept) {
        await conn.write(encode("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
        assertStringIncludes(await readAll(conn), "200 OK");
      }
      const next = await fetch(`http://127.0.0.1:${port}/`);
      assertEquals(await next.json(), ["GET", "/", ""]);
    } finally {
      for (const conn of kept) conn.close();
    }
  });
});

Deno.test("a stream that its sender ends is the end of the connection", async () => {
  const body = () =>
    new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(encode("last"));
        controller.close();
      },
    });
  await withServer(() => response("text/event-stream", body()), async (port) => {
    using conn = await connect(port);
    await conn.write(encode("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    let told: string | undefined;
    void readOn(conn).then((text) => told = text);
    await until("the stream ends", () => told !== undefined);
    assertEquals(told!.endsWith("\r\n\r\nlast"), true);
  });
});

Deno.test("a stream goes on until its client leaves, or does not read", async () => {
  const cancelled: string[] = [];
  const handle = ({ url }: Request) => {
    const name = new URL(url).pathname;
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        await turn();
        controller.enqueue(new Uint8Array(name === "/flood" ? 100_000 : 1));
      },
      cancel: () => void cancelled.push(name),
    });
    return response("text/event-stream", body);
  };
  await withServer(handle, async (port) => {
    const end = (name: string) => until(`${name} ends`, () => cancelled.includes(name));
    const leaver = await connect(port);
    await leaver.write(encode("GET /leaver HTTP/1.1\r\nHost: x\r\n\r\n"));
    await leaver.read(new Uint8Array(100));
    leaver.close();
    await end("/leaver");
    const sleeper = await connect(port);
    await sleeper.write(encode("GET /flood HTTP/1.1\r\nHost: x\r\n\r\n"));
    await end("/flood");
    sleeper.close();
  });
});

Deno.test("closing it ends every connection", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const server = new HttpServer(listener, { handle: echo, onFailure: () => {}, limits: LIMITS });
  using conn = await connect((listener.addr as Deno.NetAddr).port);
  await conn.write(encode("GET / HT"));
  await turn();
  await server.close();
  assertEquals(await readAll(conn), "");
});
