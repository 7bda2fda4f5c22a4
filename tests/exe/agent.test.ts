import { delay } from "@std/async/delay";
import { assertEquals, assertMatch, assertNotMatch, assertStringIncludes } from "@std/assert";
import { testExe } from "./program.ts";

const QUICK = `{ "daemons": { "icinga_agent_service": { "arguments": { "interval": "100ms" } } } }`;

testExe(
  "in the foreground a crash, a failed restart and a recovery are seen; SIGINT ends with 0",
  async (bench) => {
    await bench.write("icinga-warden.json", QUICK);
    const agent = bench.start("--foreground", "--simulate", "--scenario", "crash=500ms,refuse=1");
    await agent.printed(/\[WARNING\] icinga_agent_service::run::Main::0: .*STOPPED/);
    await agent.printed(/\[ERROR\] .*\(restart_error 1\)/);
    await agent.printed(/\[INFO\] .*Restarted service 'icinga2'.*\(restart_error 0\)/);
    agent.signal("SIGINT");
    const { code, stdout, stderr } = await agent.ended;
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /SIGINT: stopping\n.* agent: Stopped\n$/);
    assertEquals(stdout.includes("\x1b"), false); // a pipe is no terminal: no colour
    assertEquals(await bench.log(), stdout);
  },
);

testExe(
  "as a service it prints nothing and logs to its file; SIGTERM ends it with 0",
  async (bench) => {
    const agent = bench.start("run", "--simulate");
    while (!(await bench.log().catch(() => "")).includes("RUNNING")) await agentTurn();
    agent.signal("SIGTERM");
    assertEquals(await agent.ended, { code: 0, stdout: "", stderr: "" });
    assertStringIncludes(await bench.log(), "agent: Stopped");
  },
);

testExe("--for ends it by itself", async (bench) => {
  const { code, stdout } = await bench.run("run", "--foreground", "--simulate", "--for", "300ms");
  assertEquals(code, 0);
  assertStringIncludes(stdout, "Stopped");
});

testExe("a service that is not installed leaves not one record of it at info", async (bench) => {
  await bench.write("icinga-warden.json", QUICK);
  const { stdout } = await bench.run(
    ...["--foreground", "--simulate", "--scenario", "absent", "--for", "700ms"],
  );
  assertNotMatch(stdout, /icinga_agent_service/);
});

testExe(
  "a daemon that never stops is terminated after the grace, and the rest ends in order",
  async (bench) => {
    await bench.write(
      "stubborn.js",
      `
    export default { name: "stubborn", description: "never ends", run: (context) => {
      context.log.info("began");
      return new Promise(() => {});
    } };`,
    );
    await bench.write(
      "icinga-warden.json",
      `{ "daemons": { "stubborn": { "module": "stubborn.js" } } }`,
    );
    const agent = bench.start("--foreground", "--simulate");
    await agent.printed(/began/);
    agent.signal("SIGINT");
    const { code, stdout } = await agent.ended;
    assertEquals(code, 0);
    assertMatch(stdout, /stubborn::run::Main::0 did not stop within 5 s; terminated it/);
  },
);

testExe("a second Ctrl+C ends it at once, with 1, and the log is whole", async (bench) => {
  await bench.write(
    "stubborn.js",
    `
    export default { name: "stubborn", description: "spins", async run(context) {
      context.log.info("began");
      await new Promise((resolve) => setTimeout(resolve, 0));
      for (;;);
    } };`,
  );
  await bench.write(
    "icinga-warden.json",
    `{ "daemons": { "stubborn": { "module": "stubborn.js" } } }`,
  );
  const agent = bench.start("--foreground", "--simulate");
  await agent.printed(/began/);
  agent.signal("SIGINT");
  await agent.printed(/SIGINT: stopping/);
  agent.signal("SIGINT"); // 'npx' and 'deno task' pass one Ctrl+C on a second time.
  await delay(1_000);
  agent.signal("SIGINT");
  assertEquals((await agent.ended).code, 1);
  assertMatch(await bench.log(), /SIGINT again: ending at once\n$/);
});

testExe("a daemon that throws is started again, and others go on", async (bench) => {
  await bench.write(
    "bad.js",
    `
    export default { name: "bad", description: "throws", run() { throw new Error("as it does"); } };`,
  );
  await bench.write(
    "icinga-warden.json",
    `{ "daemons": {
    "icinga_agent_service": { "arguments": { "interval": "100ms" } }, "bad": { "module": "bad.js" } } }`,
  );
  const agent = bench.start("--foreground", "--simulate", "--scenario", "crash=300ms");
  await agent.printed(
    /bad::run::Main::0 failed: as it does \(bad\.js:2:\d+\); starting it again in (1|0\.[89]\d?) s/,
  );
  await agent.printed(/starting it again in (2|1\.[6-9]\d?) s/);
  await agent.printed(/Restarted service 'icinga2'/);
});

testExe(
  "what a daemon prints, posts and throws astray is contained, and nothing is the console's",
  async (bench) => {
    await bench.write(
      "astray.js",
      `
    export default { name: "astray", description: "misbehaves", async run() {
      console.log("printed", { n: 1 });
      try { self.postMessage({ type: "log" }); } catch (error) { console.log(error.message); }
      try { new BroadcastChannel("x"); } catch (error) { console.log(error.message); }
      setTimeout(() => { throw { no: "error" }; }, 300);
      await new Promise(() => {});
    } };`,
    );
    await bench.write(
      "icinga-warden.json",
      `{ "daemons": {
    "icinga_agent_service": { "arguments": { "interval": "100ms" } }, "astray": { "module": "astray.js" } } }`,
    );
    const agent = bench.start("--foreground", "--simulate", "--scenario", "crash=600ms");
    await agent.printed(/astray::run::Main::0 failed: /);
    await agent.printed(/Restarted service 'icinga2'/);
    agent.signal("SIGINT");
    const { code, stdout, stderr } = await agent.ended;
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /\[INFO\] astray::run::Main::0: printed \{ n: 1 \}/);
    assertMatch(
      stdout,
      /Thread astray::run::Main::0 failed: a thrown \{ no: "error" \}, which is no Error; starting it again in (1|0\.[89]\d?) s/,
    );
    assertMatch(
      stdout,
      /\[INFO\] astray::run::Main::0: BroadcastChannel is not available in a daemon/,
    );
    assertMatch(stdout, /Restarted service 'icinga2'/);
  },
);

testExe("a custom daemon reads the state of another", async (bench) => {
  await bench.write(
    "reader.js",
    `
    export default { name: "reader", description: "reads", run: (context) =>
      context.every(50, () => {
        const state = context.state.of("icinga_agent_service", "ServiceState");
        if (state.get("value")) context.log.info("read " + state.get("value") + " " + state.get("restart_error"));
      }) };`,
  );
  await bench.write(
    "icinga-warden.json",
    `{ "daemons": {
    "icinga_agent_service": {}, "reader": { "module": "reader.js" } } }`,
  );
  const agent = bench.start("--foreground", "--simulate");
  await agent.printed(/\[INFO\] reader::run::Main::0: read RUNNING 0/);
});

testExe("a daemon may do nothing that it did not declare", async (bench) => {
  await bench.write(
    "curious.js",
    `
    const tries = {
      file: () => Deno.readTextFileSync("/etc/hostname"),
      write: () => Deno.writeTextFileSync("/tmp/x", ""),
      env: () => Deno.env.get("PATH"),
      program: () => new Deno.Command("true").outputSync(),
      net: () => Deno.listen({ port: 0 }),
    };
    export default { name: "curious", description: "tries", async run(context) {
      for (const [name, attempt] of Object.entries(tries)) {
        try { await attempt(); context.log.info(name + " allowed"); }
        catch (error) { context.log.info(name + " " + error.name); }
      }
    } };`,
  );
  await bench.write(
    "icinga-warden.json",
    `{ "daemons": { "curious": { "module": "curious.js" } } }`,
  );
  const agent = bench.start("--foreground", "--simulate");
  const output = await agent.printed(/has finished/);
  for (const what of ["file", "write", "env", "program", "net"]) {
    assertStringIncludes(output, `: ${what} NotCapable`);
  }
});

function agentTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
