import { assert, assertEquals } from "@std/assert";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { makeSbom } from "../../tools/sbom.ts";

interface Part {
  name: string;
  version: string;
  hashes?: { content: string }[];
}

Deno.test("the bill of materials holds to the schema of CycloneDX", async () => {
  const file = await Deno.makeTempFile();
  const sbom = await makeSbom([file]);
  await Deno.remove(file);
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
  assertEquals(await validator.validate(JSON.stringify(sbom)), null);
  const wrong = { ...sbom, components: [{ type: "pagage" }] };
  assert(await validator.validate(JSON.stringify(wrong)) !== null);
});

Deno.test("it names Deno, every package that is in the exe, and none that is not", async () => {
  const { components } = await makeSbom([]) as { components: Part[] };
  const names = components.map(({ name }) => name);
  for (
    const name of ["deno", "valibot", "@logtape/logtape", "prom-client", "tdigest", "bintrees"]
  ) {
    assert(names.includes(name), name);
  }
  for (const name of ["typescript", "fast-check", "resedit", "yjs"]) {
    assert(!names.includes(name), name);
  }
  const valibot = components.find(({ name }) => name === "valibot")!;
  assertEquals([valibot.version, valibot.hashes?.[0]?.content.length], ["1.5.0", 128]);
});

Deno.test("it has the checksums of the files that it is about", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, "abc");
  const { metadata } = await makeSbom([file]) as {
    metadata: { component: { components: Part[] } };
  };
  await Deno.remove(file);
  const sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  assertEquals(metadata.component.components[0]?.hashes?.[0]?.content, sum);
});
