import { assert, assertEquals } from "@std/assert";
import { createDaemonLog } from "../../lib/daemon/mod.ts";

Deno.test("a daemon logs texts, errors with their stacks, and values as JSON, with fields", () => {
  const records: string[] = [];
  const log = createDaemonLog("info", (level, message) => records.push(`${level}: ${message}`));
  log.debug("not wanted");
  log.info("text");
  log.info({ a: 1, b: [2n] });
  log.warn("old", { disk: "C:", free: 3 });
  log.warning(7);
  log.error(undefined);
  log.error(new TypeError("boom"), { n: 1 });
  log.info({
    toString() {
      throw new Error("no");
    },
  });
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  log.error(proxy);
  const [error] = records.splice(5, 1);
  assertEquals(records.slice(0, 5), [
    ...["info: text", 'info: {"a":1,"b":["2"]}', 'warning: old {"disk":"C:","free":3}'],
    ...["warning: 7", "error: undefined"],
  ]);
  assert(
    /^error: TypeError: boom\n {4}at .*log\.test\.ts:\d+:\d+\)?[^]* \{"n":1\}$/.test(error!),
    error,
  );
  assertEquals(records.length, 7);
  assertEquals(records.at(-1), "error: something that cannot be shown");
});
