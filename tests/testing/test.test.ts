import { assertEquals } from "@std/assert";
import { runTests, test, type TestResult } from "../../lib/testing/test.ts";

Deno.test("of a test's name and error the first 2,000 characters are told", async () => {
  const results: TestResult[] = [];
  const declare = () => {
    test("n".repeat(2_000), () => {});
    test("n".repeat(2_001), () => {
      throw "e".repeat(2_000);
    });
    test("last\n", () => {
      throw "e".repeat(9_000);
    });
    return Promise.resolve();
  };
  const describe = (error: unknown) => ({ error: String(error), stack: ["here"] });
  const names: string[][] = [];
  await runTests(
    declare,
    describe,
    (all) => void names.push(all),
    (result) => void results.push(result),
  );
  assertEquals(names, [results.map(({ name }) => name)], "all are declared before the first runs");
  const told = results.map(({ name, error = "" }) => [name.length, error.length]);
  assertEquals(told, [[2_000, 0], [2_000, 2_000], [4, 2_000]]);
  assertEquals(results.map(({ stack }) => stack), [undefined, ["here"], ["here"]]);
});
