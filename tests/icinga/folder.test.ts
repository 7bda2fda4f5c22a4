import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { folderOfProgram, icingaFolder } from "../../lib/icinga/mod.ts";
import { fixture } from "./fixture.ts";

Deno.test("Icinga's folders are below dataDir, else below the usual folder", () => {
  const isWindows = Deno.build.os === "windows";
  const usual = isWindows ? join("D:\\Data", "icinga2") : "/";
  for (const [dataDir, root] of [["", usual], [usual, usual], ["/srv/x", "/srv/x"]] as const) {
    assertEquals(icingaFolder(dataDir, "D:\\Data"), {
      root,
      config: join(root, "etc", "icinga2"),
      data: join(root, "var", "lib", "icinga2"),
      log: join(root, "var", "log", "icinga2"),
      cache: join(root, "var", "cache", "icinga2"),
      isUsual: root === usual,
      found: dataDir === "" ? "Icinga's usual folder" : "named by dataDir",
    });
  }
});

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
