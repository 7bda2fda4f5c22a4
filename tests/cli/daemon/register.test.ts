import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { type Report, UsageError } from "../../../lib/cli/command.ts";
import { registerAction, unregisterAction } from "../../../lib/cli/daemon/register.ts";
import { loadConfig } from "../../../lib/config/mod.ts";
import { parse } from "../../../lib/cli/parse.ts";

/** Registers a daemon, as typed. */
async function register(home: string, ...typed: string[]) {
  const invocation = parse([...typed, "--home", home], registerAction.flags ?? {}, "register");
  return await registerAction.run(invocation);
}

Deno.test("a daemon is not registered for a service that another one watches", async () => {
  const home = await Deno.makeTempDir();
  const file = join(home, "icinga-warden.json");
  const refused = (message: string, ...typed: string[]) =>
    assertRejects(() => register(home, ...typed), UsageError, message);
  const taken = (service: string, by: string) =>
    `got "${service}"; name it once: daemon '${by}' watches it already`;
  await refused(taken("Icinga2", "icinga_agent_service"), "service_watch", "services=Icinga2");
  assertEquals([...Deno.readDirSync(home)], []);
  await register(home, "service_watch", "services=w32time");
  const text = await Deno.readTextFile(file);
  await refused(
    taken("w32time", "service_watch"),
    "more",
    "--module=service_watch",
    "services=w32time",
  );
  // The one that is written first keeps the service, and the other one would lose it.
  await refused(
    taken("w32time", "icinga_agent_service"),
    "icinga_agent_service",
    "service=w32time",
  );
  assertEquals(await Deno.readTextFile(file), text);
  await Deno.remove(home, { recursive: true });
});

Deno.test("what run would warn of is not registered", async () => {
  const home = await Deno.makeTempDir();
  const refused = (message: string, ...typed: string[]) =>
    assertRejects(() => register(home, ...typed), UsageError, message);
  await refused(
    "Cannot register 'disk_space': argument critical: got \"5%\"; expected at most 4%",
    ...["disk_space", "warning=4%"],
  );
  const heartbeat = { schedule: "0 3 * * *" };
  const text = JSON.stringify({ daemons: { heartbeat } });
  await Deno.writeTextFile(join(home, "icinga-warden.json"), text);
  await refused('daemons.heartbeat.schedule: got "0 3 * * *"; expected none', "heartbeat");
  await register(home, "disk_space");
  await Deno.remove(home, { recursive: true });
});

Deno.test("what others have wrong already does not keep a daemon from being registered", async () => {
  const home = await Deno.makeTempDir();
  const file = join(home, "icinga-warden.json");
  const service_watch = { arguments: { services: ["icinga2"] } };
  await Deno.writeTextFile(
    file,
    JSON.stringify({ daemons: { icinga_agent_service: {}, service_watch } }),
  );
  await register(home, "more", "--module=service_watch", "services=spooler");
  await register(home, "service_watch", "services=w32time");
  assertEquals(JSON.parse(await Deno.readTextFile(file)).daemons, {
    icinga_agent_service: {},
    service_watch: { arguments: { services: ["w32time"] } },
    more: { module: "service_watch", arguments: { services: ["spooler"] } },
  });
  await Deno.remove(home, { recursive: true });
});

Deno.test("register says where each argument comes from, takes one back, and keeps the rest", async () => {
  const home = await Deno.makeTempDir();
  const file = join(home, "icinga-warden.json");
  const said = async (...typed: string[]) =>
    [(await register(home, "beat", ...typed) as Report).text].flat().slice(1);
  const entry = async () => JSON.parse(await Deno.readTextFile(file)).daemons.beat;
  try {
    await Deno.mkdir(join(home, "daemons"));
    await Deno.writeTextFile(
      join(home, "daemons", "beat.js"),
      `export default { name: "beat", permissions: { read: ["{dir}"] }, arguments: {
        dir: { type: "string", default: "/d" }, n: { type: "number", default: 1 } }, run() {} };`,
    );
    const missing =
      '  not granted: read "/d"; it does not run until they are: icinga-warden daemon register beat --grant';
    assertEquals(await said("n=2"), [
      ...['  arguments    dir = "/d" (default), n = 2 (given)', "  permissions  none", missing],
    ]);
    assertEquals(await entry(), { module: "daemons/beat.js", arguments: { n: 2 } });
    assertEquals(await said("--grant", "dir=/e"), [
      '  arguments    dir = "/e" (given), n = 2 (configuration)',
      '  permissions  read "/e"',
      "An agent that runs from this home starts it within seconds.",
    ]);
    const { config } = await loadConfig(file, { mustExist: true, builtin: new Map() });
    assertEquals(config.daemons.beat!.permissions, { read: ["/e"] });
    await Deno.writeTextFile(
      file,
      (await Deno.readTextFile(file)).replace('"beat": {', '"beat": { "enabled": false,'),
    );
    await said("--unset", "n", "--unset=dir");
    const { arguments: given = {}, permissions, enabled } = await entry();
    assertEquals([given, permissions, enabled], [{}, { read: ["/e"] }, true]);
    const refused: [typed: string[], message: string][] = [
      [["--unset", "m"], 'argument m: cannot be unset: there is none; did you mean "n"?'],
      [["n=1", "--unset", "n"], "argument n: typed and unset; do one of both"],
      [["n=x"], "Cannot register 'beat': argument n: got \"x\"; expected a number"],
    ];
    for (const [typed, message] of refused) {
      await assertRejects(() => said(...typed), UsageError, message);
    }
    await assertRejects(
      () => register(home, "X"),
      UsageError,
      "'X' is not a valid name for a daemon;",
    );
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("with a configuration that was named the agents are meant that run with it", async () => {
  const home = await Deno.makeTempDir();
  const file = join(home, "other.json");
  try {
    await Deno.writeTextFile(file, "{}");
    const { text } = await register(home, "heartbeat", "--config", file) as Report;
    assertEquals(
      [text].flat().at(-1),
      "An agent that runs with this configuration starts it within seconds.",
    );
    const invocation = parse(["heartbeat", "--home", home, "--config", file], {}, "unregister");
    assertEquals(
      (await unregisterAction.run(invocation) as Report).text,
      `Unregistered heartbeat in ${file}; an agent that runs with this configuration stops it within seconds.`,
    );
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("unregister takes out one entry, and says what is registered where there is none", async () => {
  const home = await Deno.makeTempDir();
  const file = join(home, "icinga-warden.json");
  const unregister = async (name: string) =>
    await unregisterAction.run(parse([name, "--home", home], {}, "unregister")) as Report;
  try {
    await Deno.writeTextFile(file, '{ "daemons": { "heartbeat": {}, "mine": {} /* stays */ } }');
    const { json, text } = await unregister("heartbeat");
    assertEquals(json, { name: "heartbeat", file });
    assertEquals(
      text,
      `Unregistered heartbeat in ${file}; an agent that runs from this home stops it within seconds.`,
    );
    assertEquals(/heartbeat|stays/g.exec(await Deno.readTextFile(file))?.[0], "stays");
    const again = () => unregister("heartbeat");
    await assertRejects(again, UsageError, "'heartbeat' is not registered; known: mine");
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
