import { assertEquals } from "@std/assert";
import { workerPermissions } from "../../lib/supervisor/permissions.ts";

const programs = ["C:\\Windows\\System32\\sc.exe", "C:\\Windows\\System32\\net.exe"];

Deno.test("a daemon that manages services may run the two programs and nothing else", () => {
  const { read: _, ...rest } = workerPermissions({ services: true }, undefined, programs);
  assertEquals(rest, {
    run: programs,
    write: false,
    net: false,
    env: false,
    ffi: false,
    sys: false,
    import: [],
  });
});

Deno.test("a daemon that declares nothing may run nothing, and reads its own folder", () => {
  const { run, read } = workerPermissions({}, "/home/daemons", programs);
  assertEquals(run, false);
  assertEquals(Array.isArray(read) && read.includes("/home/daemons"), true);
});

Deno.test("on a simulated service manager there is nothing to run", () => {
  assertEquals(workerPermissions({ services: true }, undefined, []).run, false);
});
