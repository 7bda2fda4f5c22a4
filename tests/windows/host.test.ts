import { assertEquals, assertRejects } from "@std/assert";
import { windowsHost } from "../../lib/windows/host.ts";

Deno.test("a program is found on the path, and not in the folder that an empty part of it stands for", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  const [before, path] = [Deno.cwd(), Deno.env.get("Path")];
  try {
    for (const place of ["here", "there"]) await Deno.mkdir(`${folder}/${place}`);
    await Deno.writeTextFile(`${folder}/here/tool.exe`, "");
    Deno.chdir(`${folder}/here`);
    Deno.env.set("Path", `;${folder}/there;`);
    assertEquals(windowsHost.programFile("tool"), undefined);
    await Deno.writeTextFile(`${folder}/there/tool.exe`, "");
    assertEquals(windowsHost.programFile("tool")?.endsWith("there/tool.exe"), true);
  } finally {
    Deno.chdir(before);
    if (path === undefined) Deno.env.delete("Path");
    else Deno.env.set("Path", path);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("files are renamed, copied, compared, listed and removed", async () => {
  const { files } = windowsHost;
  const folder = await Deno.makeTempDir();
  const path = (name: string) => `${folder}/${name}`;
  for (const [name, text] of [["a", "1"], ["b", "2"], ["longer", "12"], ["again", "1"]] as const) {
    await Deno.writeTextFile(path(name), text);
  }
  const same = (a: string, b: string) => files.same(path(a), path(b));
  assertEquals([await same("a", "again"), await same("a", "b")], [true, false]);
  assertEquals([await same("a", "longer"), await same("longer", "a")], [false, false]);
  await files.copy(path("b"), path("a"));
  await files.rename(path("longer"), path("again"));
  assertEquals((await files.list(folder)).sort(), ["a", "again", "b"]);
  assertEquals(await Deno.readTextFile(path("again")), "12");
  assertEquals([await same("a", "b"), await files.exists(path("b"))], [true, true]);
  await assertRejects(() => files.list(path("b")));
  await files.remove(folder);
  assertEquals([await files.exists(path("b")), await files.list(folder)], [false, []]);
  await assertRejects(() => files.remove(folder));
});

Deno.test("a program gets its arguments, and its exit code and output are told", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const { code, output } = await windowsHost.run([
    "sh",
    "-c",
    "cat; echo $1; echo no >&2; exit 3",
    "",
    "a b",
  ]);
  assertEquals([code, new TextDecoder().decode(output)], [3, "a b\n"]);
});

Deno.test("a log that is not there has no records", () => {
  assertEquals(windowsHost.readLog("/nowhere/icinga-warden.log", 10, {}), []);
});
