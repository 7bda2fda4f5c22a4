import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { basicOf, bearerOf, cookieOf, guardRequest } from "../../lib/control/access/guard.ts";
import {
  isSameSecret,
  LINK_TIME,
  newSecret,
  SESSION_TIME,
  Tickets,
} from "../../lib/control/access/sessions.ts";
import {
  newToken,
  parseToken,
  readToken,
  removeTokens,
  tokenFile,
  writeToken,
} from "../../lib/control/access/token.ts";
import type { HttpError } from "../../lib/control/http/message.ts";

/** A request whose fields are as given; `Request` itself drops some. */
function request(method: string, fields: Record<string, string>): Request {
  return { method, headers: new Headers({ host: "127.0.0.1:5664", ...fields }) } as Request;
}

function refusalOf(method: string, fields: Record<string, string>): number | undefined {
  try {
    guardRequest(request(method, fields), 5664);
    return undefined;
  } catch (error) {
    return (error as HttpError).status;
  }
}

Deno.test("requests under another name, of another origin or site are refused", () => {
  const json = { "content-type": "application/json" };
  const cases: [expected: number | undefined, method: string, fields: Record<string, string>][] = [
    [undefined, "GET", {}],
    [undefined, "GET", { host: "localhost:5664" }],
    [undefined, "GET", { host: "LOCALHOST:5664" }],
    [undefined, "GET", { origin: "http://127.0.0.1:5664", "sec-fetch-site": "same-origin" }],
    [undefined, "GET", { "sec-fetch-site": "none" }],
    [undefined, "POST", json],
    [undefined, "POST", { "content-type": "application/json; charset=utf-8" }],
    [undefined, "POST", { "content-type": 'Application/JSON;charset="UTF-8"' }],
    [415, "POST", { "content-type": "application/json; charset=latin1" }],
    [415, "POST", { "content-type": "application/jsonp" }],
    [415, "POST", { "content-type": "text/plain; application/json" }],
    [403, "GET", { host: "127.0.0.1" }],
    [403, "GET", { host: "127.0.0.1:5665" }],
    [403, "GET", { host: "evil.example:5664" }],
    [403, "GET", { host: "127.0.0.1:5664.evil.example" }],
    [403, "GET", { host: "" }],
    [403, "GET", { origin: "http://evil.example" }],
    [403, "GET", { origin: "null" }],
    [403, "GET", { origin: "https://127.0.0.1:5664" }],
    [403, "GET", { origin: "http://localhost:5664" }],
    [403, "GET", { "sec-fetch-site": "cross-site" }],
    [403, "GET", { "sec-fetch-site": "same-site" }],
    [415, "POST", {}],
    [415, "POST", { "content-type": "text/plain" }],
    [415, "POST", { "content-type": "application/x-www-form-urlencoded" }],
  ];
  for (const [expected, method, fields] of cases) {
    assertEquals(refusalOf(method, fields), expected, JSON.stringify(fields));
  }
  const unnamed = request("GET", { host: "localhost" });
  assertEquals(guardRequest(unnamed, 80), undefined, "HTTP implies port 80");
});

Deno.test("credentials are read from their fields", () => {
  const headers = (name: string, value: string) => new Headers({ [name]: value });
  assertEquals(bearerOf(headers("authorization", "bearer abc-1")), "abc-1");
  assertEquals(bearerOf(headers("authorization", "Basic abc")), undefined);
  assertEquals(bearerOf(headers("authorization", "Bearer a b")), undefined);
  const basic = (text: string) =>
    basicOf(headers("authorization", `Basic ${new TextEncoder().encode(text).toBase64()}`));
  assertEquals(basic("me:pä:ss"), "me:pä:ss");
  for (const none of ["Basic %%%", "Basic", "Bearer YTpi"]) {
    assertEquals(basicOf(headers("authorization", none)), "", none);
  }
  assertEquals(cookieOf(headers("cookie", "a=1; b=2"), "b"), "2");
  assertEquals(cookieOf(headers("cookie", "a=1; b=2"), "c"), undefined);
});

Deno.test("secrets are the same when each character is", () => {
  const secret = newSecret();
  assertEquals(secret.length, 43);
  assertEquals(isSameSecret(secret, secret), true);
  for (const other of ["", secret + "x", secret.slice(1), newSecret()]) {
    assertEquals(isSameSecret(secret, other), false);
  }
});

Deno.test("a link holds once and for a minute, a session for 12 h", () => {
  for (const [time, holds] of [[LINK_TIME, 60_000], [SESSION_TIME, 12 * 3_600_000]] as const) {
    let now = 5;
    const tickets = new Tickets(() => now, time);
    const [used, other] = [tickets.issue(), tickets.issue()];
    assertEquals([tickets.end(used), tickets.end(used), tickets.holds(used)], [true, false, false]);
    now += holds - 1;
    assertEquals([tickets.holds(other), tickets.holds("x")], [true, false]);
    now++;
    assertEquals([tickets.holds(other), tickets.end(other)], [false, false]);
  }
});

Deno.test("of more than 16 links or sessions the oldest are forgotten", () => {
  const tickets = new Tickets(() => 0, 1);
  const issued = Array.from({ length: 17 }, () => tickets.issue());
  assertEquals(issued.map((ticket) => tickets.holds(ticket)).indexOf(true), 1);
});

Deno.test("a token says its port and process, and anything else is none", () => {
  const token = newToken(5664, 42);
  assertEquals(parseToken(`${token.text}\r\n`), token);
  for (const text of ["", "5664-42-short", token.text + "x", "x" + token.text, "{}"]) {
    assertEquals(parseToken(text), undefined, text);
  }
});

Deno.test({
  name: "what is no file with a token is not read: a pipe or a device would never end",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const home = await Deno.makeTempDir();
    const file = tokenFile(home, "monitor");
    const refused = () => assertRejects(() => readToken(home, "monitor"), Error, "no file that");
    await Deno.symlink("/dev/zero", file);
    await refused();
    await Deno.remove(file);
    await new Deno.Command("mkfifo", { args: [file] }).output();
    await refused();
    await Deno.remove(file);
    await Deno.writeTextFile(file, newToken(1, 2).text + " ".repeat(2_000));
    await refused();
    await Deno.remove(home, { recursive: true });
  },
});

Deno.test("the token's file appears in full, for its owner alone, and goes away", async () => {
  const home = await Deno.makeTempDir();
  try {
    assertEquals(await readToken(home), undefined);
    const token = newToken(1, 2);
    const seen: string[] = [];
    await Deno.writeTextFile(tokenFile(home), "an older one");
    await Deno.writeTextFile(`${tokenFile(home)}.new`, "left by a crash");
    await writeToken(home, "control", token, async (path) => {
      seen.push(await Deno.readTextFile(path), await Deno.readTextFile(tokenFile(home)));
    });
    assertEquals(seen, ["", "an older one"]);
    assertEquals(await readToken(home), token);
    if (Deno.build.os !== "windows") {
      assertEquals((await Deno.stat(tokenFile(home))).mode! & 0o777, 0o600);
    }
    assertEquals([...Deno.readDirSync(home)].map(({ name }) => name), ["control.token"]);
    await writeToken(home, "monitor", token, () => Promise.resolve());
    if (Deno.build.os !== "windows") {
      const { mode } = await Deno.stat(tokenFile(home, "monitor"));
      assertEquals(mode! & 0o777 & ~0o040, 0o600, "at most its group reads it");
    }
    await removeTokens(home);
    await removeTokens(home);
    assertEquals(await readToken(home), undefined);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("no error of a parser holds a part of a token's secret", () => {
  for (let i = 0; i < 200; i++) {
    const { text } = newToken(65_535, 4_194_304);
    const secret = text.split("..")[1]!;
    for (const parse of [(text: string) => new Function(text), JSON.parse]) {
      const { name, message } = assertThrows(() => parse(`${text}\n`)) as Error;
      assertEquals([name, message.includes(secret.slice(0, 4))], ["SyntaxError", false], message);
    }
  }
});

Deno.test("a token of an agent of before is read", () => {
  const text = `5664-17-${"a".repeat(43)}`;
  assertEquals(parseToken(text), { port: 5664, pid: 17, text });
});
