import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";

const BENCH = fileURLToPath(new URL("bench.ts", import.meta.url));

async function bench(...parts: string[]): Promise<[code: number, stdout: string, stderr: string]> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", BENCH, ...parts],
    env: { ICINGA_WARDEN_LINUX_EXE: "/nowhere/icinga-warden" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return [code, text(stdout), text(stderr)];
}

Deno.test({
  name: "without the exe the bench is refused in one line, with the command that makes it",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const said = "/nowhere/icinga-warden is not there; make it with ./compile.sh linux";
    for (const parts of [[], ["icinga"], ["state", "seeing"]]) {
      assertEquals(await bench(...parts), [2, "", `bench: ${said}\n`]);
    }
    const unknown = `bench: There is no part 'icing'; did you mean "icinga"?\n`;
    assertEquals(await bench("icing"), [2, "", unknown]);
  },
});
