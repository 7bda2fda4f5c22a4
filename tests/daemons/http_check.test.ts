import { assertEquals, assertMatch } from "@std/assert";
import daemon from "../../daemons/http_check.ts";
import { describeProblem } from "../../lib/base/mod.ts";
import { simulate } from "../../lib/testing/author.ts";

const url = "https://example.org/health";

async function verdictOf(answer: () => Response | Promise<Response>, given = {}) {
  const run = simulate(daemon, { arguments: { url, ...given }, fetch: answer });
  await run.advance("10s");
  const { level, text } = run.map("Verdict").get("now") as { level: string; text: string };
  const up = run.metrics().find(({ name }) => name.endsWith("_up"))!.value;
  await run.stop();
  return [level, text, up];
}

Deno.test("the status and the text of an answer make the verdict", async () => {
  const well = () => new Response("all is well");
  const [level, text, up] = await verdictOf(well, { contains: "well" });
  assertMatch(String(text), /^https:\/\/example.org\/health: answered within \d/);
  assertEquals([level, up], ["ok", 1]);
  assertEquals(await verdictOf(well, { contains: "bad" }), [
    "critical",
    `${url}: its answer does not contain 'bad'`,
    0,
  ]);
  const missing = () => new Response("", { status: 404 });
  assertEquals(await verdictOf(missing), ["critical", `${url}: status 404`, 0]);
  assertEquals((await verdictOf(missing, { status: 404 }))[0], "ok");
  const coded = async (status: number) => (await verdictOf(() => new Response("", { status })))[0];
  assertEquals([await coded(399), await coded(400)], ["ok", "critical"]);
  const down = () => Promise.reject(new TypeError("connection refused"));
  assertEquals(await verdictOf(down), ["critical", `${url}: connection refused`, 0]);
});

Deno.test("a secret in the query of the address is not shown", async () => {
  const given = { url: `${url}?token=t0p` };
  const fails = () => Promise.reject(new TypeError(`no answer of (${given.url})`));
  assertEquals(await verdictOf(fails, given), [
    "critical",
    `${url}?token=***: no answer of (${url}?token=***)`,
    0,
  ]);
});

Deno.test("a slow answer is a warning", async () => {
  let asked = 0;
  // Before the second attempt it waits for half a second.
  const late = () => new Response("", { status: ++asked === 1 ? 503 : 200 });
  assertEquals((await verdictOf(late, { slow: "400ms" })).slice(0, 2), [
    "warning",
    `${url}: answered within 0.50 s`,
  ]);
  asked = 0;
  assertEquals((await verdictOf(late, { slow: "1s" }))[0], "ok");
  asked = 0;
  assertEquals((await verdictOf(late, { slow: "500ms" }))[0], "ok");
  asked = 0;
  const run = simulate(daemon, { arguments: { url, slow: "2500ms" }, fetch: late });
  await run.advance("1s");
  const { numbers } = run.map("Verdict").get("now") as { numbers: unknown };
  assertEquals(numbers, { time: { value: 0.5, unit: "s", warning: "2.5", min: 0 } });
  const duration = () => run.metrics().find(({ name }) => name.endsWith("_seconds"))!.value;
  assertEquals(duration(), 0.5);
  await run.advance("1m");
  assertEquals(duration(), 0);
  await run.stop();
});

Deno.test("an address with a user or a password is warned of, and the message does not show it", () => {
  const { checkTogether } = daemon.arguments!.url;
  const said = (url: string) => checkTogether({ url })?.warning;
  assertEquals(said("https://example.org:8443/a@b?c=d:e@f"), undefined);
  for (
    const value of ["http://user:secretpw@host/", "http://user@host", "https://:secretpw@host"]
  ) {
    const expected = said(value) ?? "it is taken";
    assertMatch(expected, /^expected an address without user and password: /);
    assertEquals(describeProblem({ path: ["url"], value, expected }).includes("secretpw"), false);
  }
});
