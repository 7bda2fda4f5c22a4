import { assertEquals } from "@std/assert";
import { endProcess } from "../../lib/agent/end_process.ts";
import { procTree } from "../../lib/icinga/mod.ts";

Deno.test({
  name: "a child of the agent is ended with all that it has started, and the agent itself never is",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const start = (script: string) =>
      new Deno.Command("sh", { args: ["-c", script], stdin: "null" }).spawn();
    const other = start("sleep 60");
    const child = start("sleep 60 & sleep 60");
    try {
      // Its children are there only after a moment.
      let tree = new Set<number>();
      for (let i = 0; i < 1_000 && tree.size < 3; i++) {
        tree = await procTree(child.pid);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      assertEquals(tree.size, 3);
      const log = () => {};
      await endProcess("a service, which there is on Windows alone", log);
      await endProcess(Deno.pid, log);
      await endProcess(child.pid, log);
      assertEquals((await child.status).signal, "SIGKILL");
      const isThere = (pid: number) => Deno.stat(`/proc/${pid}/exe`).then(() => true, () => false);
      for (const pid of tree) {
        for (let i = 0; i < 1_000 && await isThere(pid); i++) {
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        assertEquals(await isThere(pid), false);
      }
      assertEquals((await procTree(Deno.pid)).has(other.pid), true);
    } finally {
      other.kill("SIGKILL");
      await other.status;
    }
  },
});
