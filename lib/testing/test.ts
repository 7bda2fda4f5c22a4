/** A test: what it shows, and what it does. It fails when it throws. */
interface Test {
  name: string;
  run: () => void | Promise<void>;
}

/** What a test came to. */
export interface TestOutcome {
  /** What it was to show. */
  name: string;
  /** Why it failed, in one line; absent when it passed. */
  error?: string;
}

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

/** Imports a file of tests and runs them, one after the other. */
export async function runTests(importFile: () => Promise<unknown>): Promise<TestOutcome[]> {
  const tests: Test[] = [];
  collected = tests;
  try {
    await importFile();
  } finally {
    collected = undefined;
  }
  const outcomes: TestOutcome[] = [];
  for (const { name, run } of tests) outcomes.push({ name, ...await outcomeOf(run) });
  return outcomes;
}

async function outcomeOf(run: Test["run"]): Promise<{ error?: string }> {
  try {
    await run();
    return {};
  } catch (error) {
    const message = error instanceof Error ? error.message : Deno.inspect(error);
    return { error: message.replace(/\s+/g, " ").trim() };
  }
}
