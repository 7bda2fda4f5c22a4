import { assertEquals, assertMatch } from "@std/assert";
import { dueResults, Reporter, retryWait, type Sent } from "../../daemons/shared/reporter.ts";
import { ManualClock } from "../../lib/base/mod.ts";
import type { ObjectResult } from "../../lib/control/results.ts";
import type { Access } from "../../lib/icinga/mod.ts";
import { hasOpenssl, makeCa, makeCertificate } from "../icinga/fixture.ts";

const MINUTE = 60_000;
const EVERY = 5 * MINUTE;

function result(service: string, exitStatus = 0, summary = "OK: well"): ObjectResult {
  return { service, exitStatus, summary, output: `${summary}\nmore`, performance: ["a=1;2;3;0"] };
}

Deno.test("what is due: what is new, what has changed, and all at each interval", () => {
  const was = (at: number, exitStatus = 0, summary = "OK: well"): Sent => ({
    ...{ at, exitStatus, summary },
  });
  const cases: [now: number, last: Sent | undefined, isDue: boolean][] = [
    [0, undefined, true],
    [1, was(0), false],
    [EVERY - 1, was(0), false],
    [EVERY, was(0), true],
    [1, was(0, 2), true],
    [1, was(0, 0, "OK: other words"), false],
    [29_999, was(0, 0, "OK: other words"), false],
    [30_000, was(0, 0, "OK: other words"), true],
  ];
  for (const [now, last, isDue] of cases) {
    const sent = new Map(last ? [["a", last]] : []);
    assertEquals(dueResults([result("a")], sent, now, EVERY).length, Number(isDue), `${now}`);
  }
});

Deno.test("the wait after a failure doubles up to the interval, and is never the same for all hosts", () => {
  const waits = [1, 2, 3, 9, 10, 99].map((failures) => retryWait(failures, EVERY, 1));
  assertEquals(waits, [1_000, 2_000, 4_000, 256_000, EVERY, EVERY]);
  assertEquals(retryWait(99, EVERY, 0), EVERY / 2);
});

/** A result as it arrived. */
interface Arrived {
  port: number;
  body: Record<string, unknown>;
}

/** A parent that does what a test says. */
class Parent implements AsyncDisposable {
  /** What it answers to a result of an object: a status, and by name of the object. */
  answer: (object: string) => number = () => 200;
  permissions = ["actions/process-check-result (filtered)"];
  readonly arrived: Arrived[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(folder: string, readonly name: string) {
    const read = (file: string) => Deno.readTextFileSync(`${folder}/${file}`);
    const options = { cert: read(`${name}.crt`), key: read(`${name}.key`), port: 0 };
    this.#server = Deno.serve(
      { ...options, hostname: "127.0.0.1", onListen: () => {} },
      async (request, { remoteAddr }) => {
        if (request.method === "GET") {
          const found = { user: "agent1", permissions: this.permissions, version: "r2" };
          return Response.json({ results: [found] });
        }
        const body = await request.json();
        const status = this.answer(body.service);
        if (status === 200) this.arrived.push({ port: remoteAddr.port, body });
        return Response.json({ error: status, status: "said by the test" }, { status });
      },
    );
  }

  get endpoint() {
    return { name: this.name, host: "127.0.0.1", port: this.#server.addr.port };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.shutdown();
  }
}

interface Bench {
  clock: ManualClock;
  one: Parent;
  two: Parent;
  reporter: Reporter;
  /** The results as they are now. */
  results: ObjectResult[];
  access: Access;
  log: string[];
  verdicts: string[];
  /** How often it has looked at the results. */
  tries(): number;
  /** Moves time on to the first results, and waits until it has been said how they went. */
  begin(): Promise<void>;
  /** Moves time on by steps until something holds. */
  until(step: number, holds: () => boolean): Promise<void>;
}

async function withReporter(test: (bench: Bench) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  await makeCa(folder);
  for (const name of ["one", "two"]) await makeCertificate(folder, name, { ca: "ca" });
  const ended = new AbortController();
  const clock = new ManualClock();
  {
    await using one = new Parent(folder, "one");
    await using two = new Parent(folder, "two");
    const log: string[] = [];
    const verdicts: string[] = [];
    let tries = 0;
    const bench = {
      tries: () => tries,
      ...{ clock, one, two, log, verdicts, results: [result("a"), result("b")] },
      access: {
        host: "agent1",
        parents: [one.endpoint, two.endpoint],
        credentials: { ca: await Deno.readTextFile(`${folder}/ca.crt`) },
      } as Access,
      async begin() {
        await clock.advance(EVERY / 2);
        await bench.until(0, () => verdicts.length === 1);
      },
      async until(step: number, holds: () => boolean) {
        for (const end = Date.now() + 60_000; !holds();) {
          assertEquals(Date.now() < end, true, `not within 60 s; ${log.join("; ")}`);
          await clock.advance(step);
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
      },
    };
    const reporter = new Reporter({
      every: EVERY,
      results: () => {
        tries++;
        return bench.results;
      },
      access: () => Promise.resolve(bench.access),
      clock: { now: () => clock.now(), sleep: (span) => clock.sleep(Number(span), ended.signal) },
      random: () => 0.5,
      log: {
        info: (text) => void log.push(`info ${text}`),
        warning: (text) => void log.push(`warning ${text}`),
      },
      report: (level, text) => void verdicts.push(`${level} ${text}`),
    });
    const done = reporter.run(ended.signal);
    await test({
      ...bench,
      reporter,
      set results(now) {
        bench.results = now;
      },
      get results() {
        return bench.results;
      },
    });
    ended.abort();
    await done;
  }
  await Deno.remove(folder, { recursive: true });
}

function testReporter(name: string, fn: (bench: Bench) => Promise<void>): void {
  // deno-lint-ignore no-console
  if (!hasOpenssl) console.log(`SKIPPED: ${name}: there is no openssl on this machine`);
  Deno.test({ name, ignore: !hasOpenssl, fn: () => withReporter(fn) });
}

testReporter(
  "the first results come at a random time within the interval, and then at each interval, on one connection",
  async ({ clock, one, until, verdicts }) => {
    await clock.advance(EVERY / 2 - 1);
    assertEquals(one.arrived, []);
    await until(1, () => one.arrived.length === 2);
    // It has no time: Icinga would drop one that is before its own last check.
    assertEquals(one.arrived[0]!.body, {
      type: "Service",
      service: "agent1!a",
      exit_status: 0,
      plugin_output: "OK: well\nmore",
      performance_data: ["a=1;2;3;0"],
      check_source: "agent1",
      ttl: 750,
    });
    await until(0, () => verdicts.length === 1);
    assertMatch(verdicts[0]!, /^ok 2 results sent to one \(127\.0\.0\.1:\d+\) as 'agent1'$/);
    await clock.advance(EVERY - 1_000);
    assertEquals(one.arrived.length, 2);
    await until(100, () => one.arrived.length === 4);
    assertEquals(new Set(one.arrived.map(({ port }) => port)).size, 1);
  },
);

testReporter("a change is sent at once, other words after 30 s", async (bench) => {
  const { clock, one, until, reporter } = bench;
  await bench.begin();
  bench.results = [result("a", 2, "CRITICAL: ill"), result("b")];
  reporter.wake();
  // What belongs together is waited for, and no longer.
  await until(0, () => clock.nextWake !== undefined && clock.nextWake - clock.now() <= 200);
  await clock.advance(200);
  await until(0, () => one.arrived.length === 3);
  assertEquals(one.arrived[2]!.body.exit_status, 2);
  bench.results = [result("a", 2, "CRITICAL: very ill"), result("b")];
  reporter.wake();
  await clock.advance(20_000);
  assertEquals(one.arrived.length, 3);
  await until(1_000, () => one.arrived.length === 4);
  assertEquals(one.arrived[3]!.body.plugin_output, "CRITICAL: very ill\nmore");
});

testReporter(
  "an object that is missing is told once, and its results are tried again",
  async (bench) => {
    const { one, until, log, verdicts } = bench;
    one.answer = (object) => object === "agent1!a" ? 404 : 200;
    await until(EVERY, () => one.arrived.length >= 3);
    assertEquals(log.filter((line) => line.startsWith("warning")), [
      "warning Icinga has no service 'agent1!a', or the filter of ApiUser 'agent1' excludes it (404); add: " +
      'object Service "a" { import "icinga-warden-passive"; host_name = "agent1" }',
    ]);
    assertMatch(verdicts.at(-1)!, /^ok 1 result sent to one \(.*\) as 'agent1', not taken: a$/);
    one.answer = () => 404;
    await until(EVERY, () => verdicts.at(-1)!.startsWith("warning Icinga has no service"));
    one.answer = () => 200;
    await until(EVERY, () => log.includes("info Icinga takes results of 'agent1!a' now"));
    await until(EVERY, () => verdicts.at(-1)!.startsWith("ok 2 results"));
  },
);

testReporter(
  "a permission that is missing is told, though Icinga 2.13 answers 404",
  async (bench) => {
    bench.one.permissions = ["status/query"];
    bench.one.answer = () => 404;
    await bench.begin();
    assertMatch(
      bench.verdicts[0]!,
      /^warning ApiUser 'agent1' lacks the permission "actions\/process-check-result"/,
    );
  },
);

testReporter("a parent that cannot take results is left for the next one", async (bench) => {
  const { one, two, verdicts } = bench;
  one.answer = () => 503;
  await bench.begin();
  assertEquals([one.arrived.length, two.arrived.length], [0, 2]);
  assertMatch(verdicts[0]!, /sent to two \(/);
});

testReporter(
  "after an outage each object has its last result, and no other is sent",
  async (bench) => {
    const { clock, one, two, until, log, reporter, verdicts } = bench;
    one.answer = two.answer = () => 503;
    await bench.begin();
    await until(0, () => clock.nextWake === clock.now() + retryWait(1, EVERY, 0.5));
    assertMatch(verdicts[0]!, /^warning one \(.*\): 503 said by the test; two \(.*\): 503/);
    for (let code = 1; code < 4; code++) {
      bench.results = [result("a", code), result("b")];
      reporter.wake();
      // A try that is under way may still have the results of before.
      const tries = bench.tries();
      await until(EVERY, () => bench.tries() > tries + 1);
    }
    one.answer = () => 200;
    await until(EVERY / 10, () => one.arrived.length > 0);
    await until(0, () => verdicts.at(-1)!.startsWith("ok"));
    assertEquals(one.arrived.map(({ body }) => [body.service, body.exit_status]), [
      ...[["agent1!a", 3], ["agent1!b", 0]],
    ]);
    assertEquals(two.arrived, []);
    assertEquals(log.filter((line) => line.startsWith("warning")).length, 1);
  },
);

testReporter("a parent with another name, or of another CA, is sent nothing", async (bench) => {
  const { one, two, until, verdicts, access } = bench;
  access.parents = [{ ...one.endpoint, name: "other" }];
  await bench.begin();
  assertMatch(
    verdicts[0]!,
    /^warning other \(.*\): its certificate is not for the endpoint's name/,
  );
  access.parents = [two.endpoint];
  const folder = await Deno.makeTempDir();
  await makeCa(folder);
  access.credentials = { ca: await Deno.readTextFile(`${folder}/ca.crt`) };
  await Deno.remove(folder, { recursive: true });
  await until(EVERY, () => verdicts.length === 2);
  assertMatch(verdicts[1]!, /^warning two \(.*\): its certificate is not signed by this CA/);
  assertEquals([one.arrived, two.arrived], [[], []]);
});
