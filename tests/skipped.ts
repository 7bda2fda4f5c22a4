/** The file that `deno task test` counts skipped tests by. */
const LIST = "ICINGA_WARDEN_SKIPPED";

/** Says aloud that a test is skipped, and why. `deno task test` names the command that runs the rest at its end. */
export function tellSkipped(name: string, why: string): void {
  const text = `SKIPPED: ${name}: ${why}`;
  // deno-lint-ignore no-console
  console.log(text);
  const list = Deno.env.get(LIST);
  if (list) Deno.writeTextFileSync(list, `${text.replaceAll("\n", " ")}\n`, { append: true });
}
