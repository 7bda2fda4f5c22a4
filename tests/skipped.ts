/** Set once the command that runs the rest was named: the files of one test run share the environment, and nothing else. */
const NAMED = "ICINGA_WARDEN_SKIPPED_NAMED";

/** Says aloud that a test is skipped, and why; the first one of a test run also names the command that runs the rest. */
export function tellSkipped(name: string, why: string): void {
  // deno-lint-ignore no-console
  console.log(`SKIPPED: ${name}: ${why}`);
  if (Deno.env.get(NAMED)) return;
  Deno.env.set(NAMED, "1");
  // deno-lint-ignore no-console
  console.log("To run the rest: .ci/run");
}
