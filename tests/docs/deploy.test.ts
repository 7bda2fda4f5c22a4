import { assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import { tellSkipped } from "../skipped.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = await Deno.readTextFile(`${root}docs/deploy.md`);
const MSI = `${root}dist/icinga-warden.msi`;

interface Ended {
  code: number;
  output: string;
}

/** A test that needs a program, and maybe the MSI; it is skipped, and says so, where that is missing. */
function testWith(
  program: string,
  needed: string | undefined,
  name: string,
  fn: () => Promise<void>,
): void {
  const isThere = [program, needed].every((file) => file === undefined || which(file));
  if (!isThere) {
    tellSkipped(name, `it needs ${program}${needed === undefined ? "" : ` and ${needed}`}`);
  }
  Deno.test({ name, ignore: !isThere, fn });
}

function which(file: string): boolean {
  const folders = file.includes("/") ? [""] : (Deno.env.get("PATH") ?? "").split(":");
  return folders.some((folder) => {
    try {
      return Deno.statSync(folder === "" ? file : `${folder}/${file}`).isFile;
    } catch {
      return false;
    }
  });
}

async function run(program: string, args: string[], cwd = root): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args, cwd }).output();
  return {
    code,
    output: [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join(""),
  };
}

/** The commands of the page that begin so, as words. */
function commands(program: string): string[][] {
  return page.split("\n").map((line) => line.trim()).filter((line) =>
    line.startsWith(`${program} `)
  )
    .map((line) => [...line.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word));
}

testWith(
  "ansible-playbook",
  undefined,
  "Ansible takes the playbook as the page calls it",
  async () => {
    const called = commands("ansible-playbook");
    assertEquals(called.length, 2);
    for (const [program = "", ...args] of called) {
      const hosts = args.map((word) => word === "hosts" ? "localhost," : word);
      const { code, output } = await run(program, ["--syntax-check", ...hosts]);
      assertEquals([code, code === 0 ? "" : output], [0, ""]);
    }
  },
);

testWith("msibuild", MSI, "a copy of the MSI takes a property as the page writes it", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.copyFile(MSI, `${folder}/observe.msi`);
  const [[program = "", ...args] = []] = commands("msibuild");
  assertEquals((await run(program, args, folder)).code, 0);
  const { output } = await run("msiinfo", ["export", `${folder}/observe.msi`, "Property"]);
  await Deno.remove(folder, { recursive: true });
  assertMatch(output, /^MODE\tobserve/m);
});

testWith("msiinfo", MSI, "the page tells of every property that the MSI takes", async () => {
  const { output } = await run("msiinfo", ["export", MSI, "Property"]);
  const [, taken = ""] = /^SecureCustomProperties\t(.*?)\r?$/m.exec(output) ?? [];
  const own = taken.split(";").filter((name) => !/_/.test(name)).sort();
  assertEquals([...page.matchAll(/^\| `([A-Z]+)` /gm)].map(([, name]) => name).sort(), own);
});
