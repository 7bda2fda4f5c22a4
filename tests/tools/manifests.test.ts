import { assertEquals } from "@std/assert";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { makeManifests } from "../../tools/manifests.ts";

const release = { version: "1.2.3", repository: "someone/icinga-warden", sha256: "ab".repeat(32) };
const manifests = makeManifests(release);

/** A folder with winget's `installer.json`, `defaultLocale.json` and `version.json`, and NuGet's `nuspec.xsd`. */
const SCHEMAS = Deno.env.get("ICINGA_WARDEN_SCHEMAS");

/** No registry has them, so that .ci/run does not either; the workflow on Windows asks winget itself. */
function testSchema(name: string, fn: (folder: string) => Promise<void>): void {
  if (SCHEMAS === undefined) {
    // deno-lint-ignore no-console
    console.log(`SKIPPED: ${name}: ICINGA_WARDEN_SCHEMAS names no folder of schemas`);
  }
  Deno.test({ name, ignore: SCHEMAS === undefined, fn: () => fn(SCHEMAS!) });
}

Deno.test("the manifests name version, address and checksum of the MSI", () => {
  const address =
    "https://github.com/someone/icinga-warden/releases/download/v1.2.3/icinga-warden.msi";
  const installer = parse(manifests["winget/someone.icinga-warden.installer.yaml"]!);
  assertEquals(installer.PackageVersion, "1.2.3");
  assertEquals(installer.Installers, [
    { Architecture: "x64", InstallerUrl: address, InstallerSha256: "AB".repeat(32) },
  ]);
  const script = manifests["chocolatey/tools/chocolateyinstall.ps1"]!;
  assertEquals(/url64bit += '(.*)'/.exec(script)?.[1], address);
  assertEquals(/checksum64 += '(.*)'/.exec(script)?.[1], release.sha256);
  for (const [file, text] of Object.entries(manifests)) {
    if (file.endsWith(".yaml")) {
      assertEquals(parse(text).PackageIdentifier, "someone.icinga-warden");
    }
  }
});

testSchema("the manifests hold to winget's schemas", async (folder) => {
  const checked = Object.entries(manifests).filter(([file]) => file.endsWith(".yaml"));
  for (const [file, text] of checked) {
    const manifest = parse(text);
    const schema = await Deno.readTextFile(`${folder}/${manifest.ManifestType}.json`);
    const isRight = new Ajv({ strict: false, validateFormats: false }).compile(JSON.parse(schema));
    assertEquals([file, isRight(manifest), isRight.errors], [file, true, null]);
    assertEquals(isRight({ ...manifest, PackageVersion: undefined }), false);
  }
});

testSchema("the package of Chocolatey holds to NuGet's schema", async (folder) => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, manifests["chocolatey/icinga-warden.nuspec"]!);
  const { success, stderr } = await new Deno.Command("xmllint", {
    args: ["--noout", "--schema", `${folder}/nuspec.xsd`, file],
  }).output();
  await Deno.remove(file);
  assertEquals([success, success ? "" : new TextDecoder().decode(stderr)], [true, ""]);
});
