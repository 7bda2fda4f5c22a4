import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Bench, testExe } from "./program.ts";

/** The Icinga daemon's ticks come at this interval, ms. */
const INTERVAL = 200;

async function startAgent(bench: Bench): Promise<number> {
  await bench.write(
    "icinga-warden.json",
    JSON.stringify({
      daemons: { icinga_agent_service: { arguments: { interval: `${INTERVAL}ms` } } },
      control: { listen: "127.0.0.1:0" },
    }),
  );
  const agent = bench.start("run", "--foreground", "--simulate", "--scenario", "crash=1h");
  const output = await agent.printed(/the page are served/);
  await agent.printed(/is RUNNING/);
  return Number(/127\.0\.0\.1:(\d+)/.exec(output)![1]);
}

/** How often the Icinga daemon has queried its service. */
async function ticks(bench: Bench): Promise<number> {
  const { stdout } = await bench.run("get", "icinga_agent_service.ServiceStats.icinga2.queries");
  return Number(stdout);
}

/** Waits until the Icinga daemon has ticked ten times more: at most a minute, where it takes 2 s. */
async function tenTicks(bench: Bench, attack: string): Promise<void> {
  const before = await ticks(bench);
  for (const end = Date.now() + 60_000; await ticks(bench) < before + 10;) {
    assert(Date.now() < end, `${attack}: no ten ticks within a minute`);
  }
}

const connect = (port: number) => Deno.connect({ hostname: "127.0.0.1", port });

const encode = (text: string) => new TextEncoder().encode(text);

async function siege(
  port: number,
  count: number,
  send: (conn: Deno.Conn, i: number) => Promise<unknown>,
) {
  const conns: Deno.Conn[] = [];
  for (let i = 0; i < count; i++) {
    const conn = await connect(port);
    conns.push(conn);
    send(conn, i).catch(() => {});
  }
  return conns;
}

/** What a thousand clients do; each of them holds its connection for as long as it may. */
const ATTACKS: Record<string, (conn: Deno.Conn, i: number) => Promise<unknown>> = {
  "say nothing": () => Promise.resolve(),
  "send a head slowly": async (conn) => {
    for (const letter of "GET /api/status HTTP/1.1\r\nHost: x") {
      await conn.write(encode(letter));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  },
  "send large heads": (conn) => conn.write(encode(`GET / HTTP/1.1\r\nX: ${"a".repeat(100_000)}`)),
  "send large bodies": (conn) =>
    conn.write(
      encode(`POST /api/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 999999999\r\n\r\n`),
    ),
  "guess the token": async (conn, i) => {
    const head = "Host: 127.0.0.1\r\nAuthorization: Bearer ";
    await conn.write(encode(`GET /api/state HTTP/1.1\r\n${head}${i}\r\n\r\n`));
  },
};

testExe(
  "under a thousand connections the Icinga daemon goes on ticking, and commands work",
  async (bench) => {
    const port = await startAgent(bench);
    for (const [attack, send] of Object.entries(ATTACKS)) {
      const conns = await siege(port, 1_000, send);
      const during = await bench.run("status");
      assertEquals([during.code, during.stderr], [0, ""], attack);
      await tenTicks(bench, attack);
      for (const conn of conns) conn.close();
    }
    assertEquals((await bench.log()).match(/\[(WARNING|ERROR|FATAL)\]/g), null);
  },
);

testExe("what no client of its own would send is refused, by the whole program", async (bench) => {
  const port = await startAgent(bench);
  const token = (await Deno.readTextFile(`${bench.home}/control.token`)).trim();
  const ask = async (line: string, ...fields: string[]) => {
    using conn = await connect(port);
    const host = fields.some((field) => /^host:/i.test(field)) ? [] : [`Host: 127.0.0.1:${port}`];
    await conn.write(encode(`${[line, ...host, ...fields].join("\r\n")}\r\n\r\n`));
    let text = "";
    for await (const chunk of conn.readable.pipeThrough(new TextDecoderStream())) text += chunk;
    return text;
  };
  const bearer = `Authorization: Bearer ${token}`;
  assertMatch(await ask("GET /api/status HTTP/1.1", bearer), /^HTTP\/1.1 200 /);
  const cases: [status: number, line: string, fields: string[]][] = [
    [401, "GET /api/status HTTP/1.1", []],
    [401, "GET /metrics HTTP/1.1", []],
    [401, "GET /api/status HTTP/1.1", [`${bearer}x`]],
    [403, "GET /api/status HTTP/1.1", [bearer, "Host: evil.example"]],
    [403, "GET / HTTP/1.1", [`Host: rebound.example:${port}`]],
    [403, "GET /api/status HTTP/1.1", [bearer, "Origin: http://evil.example"]],
    [403, "GET /api/status HTTP/1.1", [bearer, "Sec-Fetch-Site: cross-site"]],
    [415, "POST /api/resume HTTP/1.1", [bearer, "Content-Type: text/plain"]],
    [404, "GET /../../../etc/passwd HTTP/1.1", [bearer]],
    [404, "GET /page.css%00.html HTTP/1.1", [bearer]],
    [404, "GET /..%5c..%5cicinga-warden.json HTTP/1.1", [bearer]],
    [404, "GET /control.token HTTP/1.1", [bearer]],
    [404, "GET //evil.example/api/status HTTP/1.1", [bearer]],
    [405, "GET /api/pause HTTP/1.1", [bearer]],
    [405, "DELETE /api/status HTTP/1.1", [bearer]],
    [405, "OPTIONS /api/status HTTP/1.1", [bearer, "Content-Type: application/json"]],
    [411, "POST /api/pause HTTP/1.1", [bearer, "Transfer-Encoding: chunked"]],
  ];
  for (const [status, line, fields] of cases) {
    const text = await ask(line, ...fields);
    assertMatch(text, new RegExp(`^HTTP/1.1 ${status} `), `${line} ${fields}`);
    assertEquals(/access-control-allow/i.test(text), false);
    assertEquals(text.includes(token), false);
  }
  const { maintenance } = JSON.parse((await bench.run("status", "--json")).stdout);
  assertEquals(maintenance, null);
});
