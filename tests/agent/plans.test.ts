import { assertEquals } from "@std/assert";
import { planDaemons, warningsOf } from "../../lib/agent/plans.ts";
import { defaultConfig } from "../../lib/config/mod.ts";
import type { RegisteredDaemon } from "../../lib/registry/mod.ts";
import { policy } from "../supervisor/supervised.ts";

function daemon(name: string, changes: Partial<RegisteredDaemon> = {}): RegisteredDaemon {
  return {
    name,
    module: null,
    enabled: true,
    url: `file:///${name}.ts`,
    arguments: { of: name },
    policy,
    permissions: {},
    files: [],
    version: `version of ${name}`,
    faults: [],
    warnings: [],
    ...changes,
  };
}

const parts = {
  home: "/home",
  serviceManager: { kind: "windows", systemRoot: "C:\\Windows" } as const,
};

function plansOf(...daemons: RegisteredDaemon[]) {
  return [...planDaemons(daemons, defaultConfig(), parts).values()];
}

Deno.test("a plan has what its daemon's registration has, and more heap than its limit", () => {
  const [plan] = plansOf(daemon("a"));
  assertEquals(plan!.assignment, {
    thread: "a::run::Main::0",
    daemon: "a",
    task: { type: "run" },
    module: "file:///a.ts",
    version: "version of a",
    home: "/home",
    arguments: { of: "a" },
    services: false,
    serviceManager: parts.serviceManager,
    logLevel: "info",
    frozenAfter: 30_000,
    heapLimit: 402_653_184,
  });
  assertEquals([plan!.pool, plan!.isBuiltIn, plan!.policy], ["MainPool", true, policy]);
});

Deno.test("what is disabled or cannot run is not planned, and what is built in comes first", () => {
  const own = { module: "x.js", files: ["/home/daemons/x.js"] };
  const plans = plansOf(
    daemon("own", own),
    daemon("disabled", { enabled: false }),
    daemon("built in"),
    daemon("broken", { problem: "it is broken" }),
    daemon("broken and stopped", { problem: "it is broken", runs: false }),
    daemon("runs", { ...own, problem: "not as configured", runs: true }),
    daemon("disabled and broken", { enabled: false, problem: "it is broken", runs: true }),
    daemon("last"),
  );
  assertEquals(plans.map(({ assignment: { daemon }, isBuiltIn }) => [daemon, isBuiltIn]), [
    ["built in", true],
    ["last", true],
    ["own", false],
    ["runs", false],
  ]);
});

Deno.test("what a daemon may do is its worker's, and what the agent looks after is a right", () => {
  const granted = (permissions: RegisteredDaemon["permissions"]) => {
    const [{ permissions: { run, sys, net, write, import: imports }, rights, assignment }] =
      plansOf(daemon("a", { permissions })) as [ReturnType<typeof plansOf>[number]];
    assertEquals(imports, []);
    return { run, sys, net, write, rights, services: assignment.services };
  };
  const none = { run: false, sys: false, net: false, write: false, rights: [], services: false };
  assertEquals(granted({}), none);
  assertEquals(granted({ services: true }), {
    ...none,
    run: ["C:\\Windows\\System32\\sc.exe", "C:\\Windows\\System32\\net.exe"],
    services: true,
  });
  assertEquals(granted({ sys: ["disks"] }), { ...none, rights: ["sys disks"] });
  assertEquals(granted({ sys: ["hostname"] }), { ...none, sys: ["hostname"] });
  assertEquals(granted({ sys: ["*"] }), { ...none, sys: true, rights: ["sys disks"] });
  assertEquals(granted({ run: ["/bin/a"], secrets: ["s", "t"], net: ["h:1"], write: ["/w"] }), {
    ...none,
    run: ["/bin/a"],
    net: ["h:1"],
    write: ["/w"],
    rights: ["secrets s", "secrets t", "run"],
  });
});

Deno.test("a pool with fewer places than daemons that run all the time is warned of", () => {
  const module = { module: "x.js", files: ["/home/daemons/x.js"] };
  const job = { ...module, policy: { ...policy, schedule: { pattern: "0 3 * * *" } } };
  const daemons = [
    daemon("own", module),
    daemon("one"),
    daemon("two"),
    daemon("job", job),
    daemon("disabled", { enabled: false }),
    daemon("broken", { problem: "it is broken" }),
  ];
  const said = (max: number) => warningsOf(daemons, { threadPools: { MainPool: { max } } });
  assertEquals(said(3), []);
  assertEquals(
    said(2),
    ["threadPools.MainPool.max is 2, and 3 daemons need a place in it all the time; own may wait without end; expected at least 3"],
  );
  assertEquals(said(1)[0]!.includes("; two, own may wait"), true);
  const warned = (enabled: boolean) =>
    warningsOf([daemon("a", { enabled, warnings: ["odd"] })], defaultConfig());
  assertEquals([warned(true), warned(false)], [["odd"], []]);
});
