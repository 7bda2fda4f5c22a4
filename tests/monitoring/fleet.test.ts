import { assert, assertEquals } from "@std/assert";
import { runFleet } from "../bench/fleet/fleet.ts";
import { hasIcinga } from "../icinga/nodes.ts";
import { tellSkipped } from "../skipped.ts";

const NAME = "200 hosts that change while the master is down: each object holds the last result";
if (!hasIcinga) tellSkipped(NAME, "there is no icinga2 on this machine");

Deno.test({
  name: `${NAME} (needs icinga2)`,
  ignore: !hasIcinga,
  async fn() {
    const plan = { hosts: 200, every: 60_000, settle: 0, steady: 2_000, slots: 200, bits: 2_048 };
    const { rush, wrong } = await runFleet(plan);
    assertEquals(wrong, []);
    assert(rush.clients <= 200, `${rush.clients} connections of 200 hosts`);
  },
});
