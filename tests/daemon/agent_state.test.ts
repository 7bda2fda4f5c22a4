import { assertEquals } from "@std/assert";
import { mapPath, mayWrite, ownerOf, threadName } from "../../lib/daemon/agent_state.ts";

Deno.test("a thread's name is daemon, task, name and index", () => {
  assertEquals(threadName("disk_watch", "run", "Main", 2), "disk_watch::run::Main::2");
});

Deno.test("a thread writes its own daemon's maps only; the agent's thread writes any", () => {
  const cases: [thread: string, path: string, may: boolean][] = [
    ["disk_watch::run::Main::0", "Daemons.disk_watch.Free", true],
    ["disk_watch::run::Main::0", "Daemons.disk_watch_2.Free", false],
    ["disk_watch::run::Main::0", "Daemons.icinga_agent_service.ServiceState", false],
    ["disk_watch::run::Main::0", "Agent.Threads", false],
    ["disk_watch::run::Main::0", "Agent.Daemons.disk_watch.Free", false],
    ["main", "Agent.Threads", true],
    ["main", "Daemons.disk_watch.Free", true],
  ];
  for (const [thread, path, may] of cases) {
    assertEquals(mayWrite(thread, path), may, `${thread} on ${path}`);
  }
});

Deno.test("a map is its daemon's, and each of the agent's has itself as owner", () => {
  assertEquals(mapPath("disk_watch", "Free"), "Daemons.disk_watch.Free");
  for (
    const [path, owner] of [
      ["Daemons.disk_watch.Free", "Daemons.disk_watch"],
      ["Daemons.disk_watch.Free.more", "Daemons.disk_watch"],
      ["Agent.Threads", "Agent.Threads"],
    ] as const
  ) assertEquals(ownerOf(path), owner);
});
