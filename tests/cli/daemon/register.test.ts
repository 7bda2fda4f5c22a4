import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { UsageError } from "../../../lib/cli/command.ts";
import { registerAction } from "../../../lib/cli/daemon/register.ts";
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
