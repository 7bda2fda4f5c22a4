import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
// @ts-types="../../types/resedit.d.ts"
import { NtExecutable, NtExecutableResource, Resource } from "resedit";
import settings from "../../deno.json" with { type: "json" };
import { tellSkipped } from "../skipped.ts";
import { run, sign } from "./sign.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const EXE = Deno.env.get("ICINGA_WARDEN_EXE") ?? here("../../dist/icinga-warden.exe");
const MSI = here("../../dist/icinga-warden.msi");

/** A test of the Windows exe as a file; it is skipped, and says why, where something is missing. */
function testFile(
  name: string,
  programs: string[],
  fn: () => Promise<void>,
  file = EXE,
  script = "./compile.sh windows",
): void {
  const missing = !exists(file)
    ? `${file} is not there; make it with ${script}`
    : programs.map((program) => runs(program) ? undefined : `there is no ${program}`).find(Boolean);
  if (missing) tellSkipped(name, missing);
  Deno.test({ name, ignore: missing !== undefined, fn });
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function runs(program: string): boolean {
  try {
    new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync();
    return true;
  } catch {
    return false;
  }
}

testFile(
  "the exe's properties say product, version and commit, and it has an icon",
  [],
  async () => {
    const { entries } = NtExecutableResource.from(
      NtExecutable.from(await Deno.readFile(EXE), { ignoreCert: true }),
    );
    const [version] = Resource.VersionInfo.fromEntries(entries);
    const [language] = version!.getAllLanguagesForStringValues();
    const { ProductName, ProductVersion, FileVersion, Comments } = version!
      .getStringValues(language!);
    const number = `${settings.version}.0`;
    assertEquals([ProductName, ProductVersion, FileVersion], ["icinga-warden", number, number]);
    assert(/^commit ([0-9a-f]{12}|unknown)(-modified)?$/.test(Comments!), Comments);
    const [group] = Resource.IconGroupEntry.fromEntries(entries);
    assertEquals(group!.icons.map(({ width }) => width), [16, 24, 32, 48, 64, 0]);
  },
);

testFile(
  "the exe can be signed by tools/sign.sh",
  ["osslsigncode", "openssl"],
  () => signAndVerify(EXE),
);

testFile(
  "the MSI can be signed by tools/sign.sh",
  ["osslsigncode", "openssl"],
  () => signAndVerify(MSI),
  MSI,
  "packaging/msi.sh",
);

async function signAndVerify(file: string): Promise<void> {
  const folder = await Deno.makeTempDir();
  await Deno.copyFile(file, join(folder, "x"));
  const certificate = await sign(join(folder, "x"), folder);
  await run("osslsigncode", `verify -CAfile ${certificate} -in ${join(folder, "x")}`);
  await Deno.remove(folder, { recursive: true });
}
