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

/** Whether a program is there and answers its version. */
export async function hasProgram(program: string, flag: string): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(program, {
      args: [flag],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch { // Deno throws at once where there is none.
    return false;
  }
}
