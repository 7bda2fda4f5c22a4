import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import daemon from "../../daemons/service_watch.ts";
import { noStats, type ServiceStats } from "../../lib/service/stats.ts";
import { simulate } from "../../lib/testing/author.ts";
import { complaints } from "../config/parse.ts";

Deno.test("each service of the list is watched and restarted, with its own state and counts", async () => {
  const run = simulate(daemon, {
    arguments: { services: ["one", "two"], interval: "1s" },
    scenario: "crash=2500ms,refuse=1",
  });
  await run.advance("2s");
  assertEquals(Object.fromEntries(run.map("ServiceState")), {
    one: { value: "RUNNING", restart_error: 0 },
    two: { value: "RUNNING", restart_error: 0 },
  });
  await run.advance("3s");
  assertEquals(run.log.some(({ message }) => message.startsWith("Restarted service")), true);
  const stats = run.map<{ queries: number }>("ServiceStats").get("one")!;
  assertEquals(stats.queries, 6);
  await run.stop();
});

Deno.test("what is counted goes on where the daemon was before it was started again", async () => {
  const before = { ...noStats(), queries: 5, restarts: 3, queryErrors: 1, queryError: "old" };
  const run = simulate(daemon, {
    arguments: { services: ["one"], interval: "1s" },
    maps: { ServiceStats: { one: before } },
  });
  await run.advance(0);
  const { queries, restarts, queryErrors, queryError } = run.map<ServiceStats>("ServiceStats")
    .get("one")!;
  assertEquals([queries, restarts, queryErrors, queryError], [6, 3, 1, undefined]);
  await run.stop();
});

Deno.test("a service that is listed no longer is forgotten", async () => {
  const run = simulate(daemon, {
    arguments: { services: ["one"] },
    maps: {
      ServiceState: { gone: { value: "STOPPED", restart_error: 3 } },
      ServiceStats: { gone: { ...noStats(), flapping: true } },
      ServiceProbes: { "gone/memory": {} },
    },
  });
  await run.advance(0);
  assertEquals([...run.map("ServiceState").keys()], ["one"]);
  assertEquals([...run.map("ServiceStats").keys()], ["one"]);
  assertEquals([...run.map("ServiceProbes").keys()], []);
  await run.stop();
});

Deno.test("a list without a service is refused with what would be right", () => {
  assertThrows(
    () => simulate(daemon, { arguments: { services: [] } }),
    TypeError,
    "services: got an empty array; expected a list of texts in square brackets, at least 1",
  );
  assertEquals(
    complaints('{ "daemons": { "service_watch": { "arguments": { "services": [] } } } }'),
    [
      "1:62: daemons.service_watch.arguments.services: got an empty array; expected a list of texts in square brackets, at least 1",
    ],
  );
});

Deno.test("names that no service can have are refused with what would be right", () => {
  let said = "";
  try {
    simulate(daemon, { arguments: { services: ["a/b"] } });
  } catch (error) {
    said = String(error);
  }
  assertMatch(said, /services\.0: got "a\/b"; expected the name of a service/);
});

Deno.test("a service's name is known before its first query, which may take long", async () => {
  const run = simulate(daemon, { arguments: { services: ["a", "b"] }, scenario: "silent" });
  await run.advance(0);
  const stats = run.map<ServiceStats>("ServiceStats");
  assertEquals([...stats].map(([name, { queries }]) => [name, queries]), [["a", 0], ["b", 0]]);
  await run.stop();
});

Deno.test("a folder that is not absolute, a repair that is none, and what is named twice are refused with what would be right", () => {
  const said = (given: Record<string, unknown>, daemon = "icinga_agent_service") =>
    complaints(JSON.stringify({ daemons: { [daemon]: { arguments: given } } }))
      .map((text) => text.replace(/^.*?arguments\./, ""));
  const folder =
    "expected the absolute path of the folder that holds Icinga's etc and var, such as C:\\\\ProgramData\\\\icinga2";
  for (const dataDir of ["icinga2", "./icinga", "C:icinga", "../x"]) {
    const [text = ""] = said({ dataDir });
    assertEquals(
      text.replaceAll("\\\\", "\\").endsWith(folder.replaceAll("\\\\", "\\")),
      true,
      text,
    );
  }
  assertEquals(said({ parents: ["a=b"], dataDir: "x" }, "icinga_report").length, 1);
  for (const dataDir of ["", "C:\\ProgramData\\icinga2", "d:/icinga", "\\\\host\\share", "/srv"]) {
    assertEquals(said({ dataDir }), [], dataDir);
  }
  assertEquals(said({ repair: ["state-file"] }), []);
  assertEquals(said({ repair: ["statefile"] }), [
    'repair.0: got "statefile"; expected one of "state-file"',
  ]);
  assertEquals(said({ repair: ["state-file", "state-file"] }), [
    'repair.1: got "state-file"; expected each repair once',
  ]);
  assertEquals(said({ services: ["a"], probes: ["disk", "disk off"] }, "service_watch"), [
    'probes.1: got "disk off"; expected each probe once: write all that differs of disk into one text',
  ]);
});
