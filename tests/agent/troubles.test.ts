import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  describeHandles,
  type Handles,
  readHandles,
  watchHandles,
} from "../../lib/agent/handles.ts";
import { Troubles } from "../../lib/agent/troubles.ts";
import { ManualClock } from "../../lib/base/mod.ts";
import type { AgentTrouble } from "../../lib/daemon/mod.ts";

Deno.test("a trouble is logged when it begins and when it ends, and published meanwhile", async () => {
  const logged: string[] = [];
  const map = new Map<string, AgentTrouble>();
  const troubles = new Troubles();
  troubles.report("log", "Cannot write it");
  troubles.logTo(({ level, message }) => logged.push(`${level}: ${message}`));
  troubles.publish(map);
  assertEquals(map.get("log")?.text, "Cannot write it", "what was so before is published too");
  troubles.report("log", "Cannot write it; 2 wait");
  troubles.report("lock", undefined);
  await Promise.resolve();
  const { since, text } = map.get("log")!;
  assertEquals([text, map.size], ["Cannot write it; 2 wait", 1]);
  assertEquals(logged, ["warning: Cannot write it"]);
  troubles.report("log", undefined);
  await Promise.resolve();
  assertEquals(map.size, 0);
  assertEquals(logged[1], `info: It works again. Since ${since}: Cannot write it; 2 wait`);
});

Deno.test("commands and metrics that are not served are errors; what is wrong in the configuration is logged elsewhere", async () => {
  const logged: string[] = [];
  const map = new Map<string, AgentTrouble>();
  const troubles = new Troubles();
  troubles.logTo(({ level, message }) => logged.push(`${level}: ${message}`));
  troubles.publish(map);
  for (const kind of ["commands", "metrics", "configuration", "record"] as const) {
    troubles.report(kind, `no ${kind}`);
  }
  await Promise.resolve();
  assertEquals(logged, ["error: no commands", "error: no metrics", "warning: no record"]);
  assertEquals([...map.keys()], ["commands", "metrics", "configuration", "record"]);
  troubles.publish(undefined);
  troubles.report("commands", undefined);
  assertEquals(map.size, 4);
  await Promise.resolve();
  assertMatch(logged.at(-1)!, /^info: It works again\. Since 2.*Z: no commands$/);
});

Deno.test("a trouble keeps the time at which it began", async () => {
  const map = new Map<string, AgentTrouble>();
  const troubles = new Troubles();
  troubles.publish(map);
  troubles.report("state", "one");
  const { since } = map.get("state")!;
  while (new Date().toISOString() === since) await new Promise((resolve) => setTimeout(resolve, 1));
  troubles.report("state", "two");
  assertEquals(map.get("state"), { since, text: "two" });
});

Deno.test("from 70 % of the handles on it is a trouble, and below it none", async () => {
  assertEquals(describeHandles({ open: 716, limit: 1_024 }), undefined);
  assertMatch(
    describeHandles({ open: 717, limit: 1_024 })!,
    /^Of the 1024 handles .* more than 70 %/,
  );
  const clock = new ManualClock();
  const stop = new AbortController();
  const reports: boolean[] = [];
  let open = 10;
  const read = (): Handles => ({ open, limit: 100 });
  const watched = watchHandles(
    (text) => reports.push(text !== undefined),
    clock,
    stop.signal,
    read,
  );
  for (open of [10, 70, 69]) await clock.advance(5_000);
  stop.abort();
  await watched;
  assertEquals(reports, [false, true, false]);
});

Deno.test({
  name: "the handles of this process are counted",
  ignore: Deno.build.os !== "linux",
  fn() {
    const { open, limit } = readHandles()!;
    assert(open > 3 && open < limit, `${open} of ${limit}`);
    using _file = Deno.openSync("/dev/null");
    assertEquals(readHandles()!.open, open + 1);
  },
});
