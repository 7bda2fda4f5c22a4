import { assertEquals } from "@std/assert";
import { explainRefusal } from "../../lib/daemon/permissions.ts";

Deno.test("Deno's advice on a missing permission becomes what can be done here", () => {
  const what = 'Requires read access to "/etc/hostname"';
  const advice = "let the module declare it and the configuration grant it (permissions)";
  for (
    const said of [
      "specify the required permissions during compilation using `deno compile --allow-read`",
      "run again with the --allow-read flag",
    ]
  ) assertEquals(explainRefusal(`x: ${what}, ${said}`), `x: ${what}; ${advice}`);
  assertEquals(explainRefusal("nothing of the kind"), "nothing of the kind");
});

Deno.test("what this version of Deno says is known", async () => {
  const worker = new Worker(
    `data:text/javascript,try { Deno.readTextFileSync("/etc/hostname") } catch (e) { postMessage(e.message) }`,
    { type: "module", deno: { permissions: { read: false } } },
  );
  const message = await new Promise<string>((resolve) =>
    worker.onmessage = ({ data }) => resolve(data)
  );
  worker.terminate();
  assertEquals(
    explainRefusal(message),
    'Requires read access to "/etc/hostname"; let the module declare it and the configuration grant it (permissions)',
  );
});
