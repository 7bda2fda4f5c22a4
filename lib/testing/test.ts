import { cut, sanitize } from "../base/mod.ts";

/** A test fails when its `run` throws. */
interface Test {
  name: string;
  run: () => void | Promise<void>;
}

/** The result of a test. */
export interface TestResult {
  /** Its name, in one line. */
  name: string;
  /** Why it failed, in one line; absent when it passed. */
  error?: string;
  /** The calls that led there, the last first; absent where that is not known. */
  stack?: string[];
}

/** The longest text in a report, characters. */
export const MAX_TEXT = 2_000;

let collected: Test[] | undefined;

/**
 * Declares a test. Under `icinga-warden daemon test` it is run in order with the others of its file; under
 * `deno test` it is one of Deno's.
 *
 * @example
 * ```ts ignore
 * test("it beats once a minute", async () => {
 *   const run = simulate(daemon, { arguments: { interval: "1m" } });
 *   await run.advance("5m");
 *   assertEquals(run.map("Beats").get("count"), 6);
 *   await run.stop();
 * });
 * ```
 */
export function test(name: string, run: () => void | Promise<void>): void {
  if (collected) collected.push({ name, run });
  else Deno.test(name, run);
}

/**
 * Imports a file of tests and runs them, one after the other.
 *
 * @param describe says of what a test threw why it failed, and the calls that led there.
 * @param declare called with their names before the first one runs.
 * @param tell called with the result of each test when it has run.
 * @throws {unknown} what the import throws.
 */
export async function runTests(
  importFile: () => Promise<unknown>,
  describe: (error: unknown) => { error: string; stack: string[] },
  declare: (names: string[]) => void,
  tell: (result: TestResult) => void,
): Promise<void> {
  const tests: Test[] = [];
  const nameOf = ({ name }: Test) => line(String(name));
  collected = tests;
  try {
    await importFile();
  } finally {
    collected = undefined;
  }
  declare(tests.map(nameOf));
  for (const test of tests) {
    const result = { name: nameOf(test) };
    try {
      const { run } = test;
      await run();
      tell(result);
    } catch (thrown) {
      const { error, stack } = describe(thrown);
      tell({ ...result, error: line(error), stack });
    }
  }
}

function line(text: string): string {
  return cut(sanitize(text.slice(0, 2 * MAX_TEXT)), MAX_TEXT);
}
