import { assertEquals } from "@std/assert";
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
