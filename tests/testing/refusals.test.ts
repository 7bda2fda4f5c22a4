import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { recordRefusals } from "../../lib/testing/refusals.ts";

// The functions of this realm are wrapped from here on.
const told: string[] = [];
recordRefusals((refusal) => void told.push(refusal));

Deno.test({
  name: "each permission that is refused is told once, thrown or rejected, and still an error",
  permissions: { read: false, env: false, run: false, net: false },
  async fn() {
    const { NotCapable } = Deno.errors;
    for (let i = 0; i < 2; i++) {
      assertThrows(() => Deno.readTextFileSync("/a"), NotCapable);
      await assertRejects(() => Deno.readTextFile("/b"), NotCapable);
      assertThrows(() => Deno.env.get("C"), NotCapable);
      assertThrows(() => new Deno.Command("/d").outputSync(), NotCapable);
      await assertRejects(() => fetch("http://127.0.0.1:12345/"), NotCapable);
    }
    assertEquals(told, ['read "/a"', 'read "/b"', 'env "C"', 'run "/d"', 'net "127.0.0.1:12345"']);
  },
});

Deno.test("of different refusals the first hundred are told", () => {
  told.length = 0;
  const note = recordRefusals((refusal) => void told.push(refusal));
  note("twice");
  note("twice");
  assertEquals(told, ["twice"]);
  for (let i = 0; i < 200; i++) note(`${i}`);
  assertEquals([told.length, told.at(-1)], [100, "98"]);
});
