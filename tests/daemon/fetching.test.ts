import { assertEquals } from "@std/assert";
import type { DaemonContext } from "../../lib/daemon/author.ts";
import { simulate } from "../../lib/testing/simulate.ts";

/** What a daemon gets for one call, of a host that answers so. */
async function asked(
  call: (context: DaemonContext) => Promise<Response>,
  fetch: (request: Request) => Response | Promise<Response>,
): Promise<{ got: string; tries: number; at: number }> {
  let got = "nothing";
  let tries = 0;
  const run = simulate({
    name: "asks",
    run: async (context) => {
      const answer = await call(context).catch((error) => error);
      got = answer instanceof Response ? `${answer.status} ${await answer.text()}` : `${answer}`;
      context.log.info(got);
    },
  }, {
    fetch: (request) => {
      tries++;
      return fetch(request);
    },
  });
  await run.advance("10m");
  await run.stop();
  return { got, tries, at: run.log[0]!.at };
}

const URL = "http://example.org/x";

Deno.test("a test answers in the host's place", async () => {
  const call = (context: DaemonContext) => context.fetch(URL, { method: "POST", body: "b" });
  const { got } = await asked(
    call,
    async (request) => new Response(`${request.method} ${request.url} ${await request.text()}`),
  );
  assertEquals(got, `200 POST ${URL} b`);
});

Deno.test("only what may be over soon is tried again, and the last answer counts", async () => {
  const call = (context: DaemonContext) => context.fetch(URL, { retries: 2 });
  const unavailable = () => new Response("later", { status: 503 });
  assertEquals(await asked(call, unavailable), { got: "503 later", tries: 3, at: 1_500 });
  for (const [status, tries] of [[429, 3], [502, 3], [504, 3], [500, 1], [501, 1]] as const) {
    assertEquals((await asked(call, () => new Response("", { status }))).tries, tries, `${status}`);
  }
  const missing = () => new Response("no", { status: 404 });
  assertEquals(await asked(call, missing), { got: "404 no", tries: 1, at: 0 });
  const down = () => Promise.reject(new TypeError("connection refused"));
  assertEquals((await asked(call, down)).tries, 3);
  const forbidden = () => Promise.reject(new Deno.errors.NotCapable("Requires net access"));
  assertEquals((await asked(call, forbidden)).tries, 1);
});

Deno.test("an answer that takes too long is an error that says so", async () => {
  const late = `${URL}?key=12`;
  const call = (context: DaemonContext) => context.fetch(late, { timeout: 20, retries: 1 });
  const { got, tries } = await asked(call, () => new Promise(() => {}));
  assertEquals(got, `TimeoutError: ${URL}?key=*** did not answer within 0.02 s`);
  assertEquals(tries, 2);
});

Deno.test("a call's own signal ends it, and nothing is tried again", async () => {
  const own = new AbortController();
  const call = (context: DaemonContext) => context.fetch(URL, { signal: own.signal, retries: 5 });
  const { got, tries } = await asked(call, ({ signal }) => {
    own.abort(new RangeError("enough"));
    return signal.aborted ? Promise.reject(signal.reason) : new Response();
  });
  assertEquals([got, tries], ["RangeError: enough", 1]);
});

Deno.test("options that are wrong are named", async () => {
  const answer = () => new Response();
  const { got } = await asked((context) => context.fetch(URL, { retries: -1 }), answer);
  assertEquals(got, "TypeError: Cannot fetch: retries is -1; expected a whole number");
  const soon = await asked((context) => context.fetch(URL, { timeout: "soon" }), answer);
  assertEquals(soon.tries, 0);
  const odd = await asked((context) => context.fetch("nonsense"), answer);
  const expected = "expected an address such as https://example.org/health";
  assertEquals(odd.got, `TypeError: Cannot fetch "nonsense": ${expected}`);
});
