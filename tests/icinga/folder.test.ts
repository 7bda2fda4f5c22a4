import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { folderOfProgram } from "../../lib/icinga/mod.ts";
import { fixture } from "./fixture.ts";

Deno.test("an Icinga 2 without an MSI has its folders beside its program's", async () => {
  await using made = await fixture();
  const { folder, write } = made;
  const program = join(folder.root, "sbin", "icinga2.exe");
  assertEquals(await folderOfProgram(program), undefined);
  await write("etc/icinga2/icinga2.conf", "");
  assertEquals(await folderOfProgram(program), {
    ...folder,
    found: `beside the service's program ${program}`,
  });
  for (const other of ["nssm.exe", "myicinga2.exe"]) {
    assertEquals(await folderOfProgram(join(folder.root, "sbin", other)), undefined);
  }
  assertEquals(await folderOfProgram(""), undefined);
});
