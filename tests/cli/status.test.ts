import { assertEquals, assertMatch } from "@std/assert";
import { formatStatus } from "../../lib/cli/commands/status.ts";
import { openCommand } from "../../lib/cli/commands/open.ts";
import { type Paint, paint } from "../../lib/cli/output.ts";
import { formatTime } from "../../lib/base/mod.ts";
import type { Report } from "../../lib/cli/command.ts";
import { parse } from "../../lib/cli/parse.ts";
import { Client, type Status } from "../../lib/control/mod.ts";
import { withControl } from "../control/served.ts";
import { agentMaps } from "../control/state.ts";
import { printed, replaced } from "./printed.ts";

/** Writes the name of a colour around what it paints. */
const named = Object.fromEntries(
  ["bold", "dim", "green", "yellow", "red"].map((
    name,
  ) => [name, (text: string) => `<${name}>${text}</>`]),
) as Paint;

/** The colours of the cells of one line, in order: `RUNNING green`. */
function colours(lines: readonly string[], begin: string): string[] {
  const line = lines.find((line) => line.startsWith(begin)) ?? "";
  return [...line.matchAll(/<(\w+)>([^<]*)<\/>/g)].map(([, name, text]) =>
    `${text!.trim()} ${name}`
  );
}

Deno.test("a colour tells what is well, what is coming and what is wrong", async () => {
  const maps = agentMaps();
  await withControl(
    async ({ home }) => {
      const status = await (await Client.connect(home)).status();
      const service = status.services[0]!, daemon = status.daemons[0]!;
      const said = (more: Partial<Status>) => formatStatus({ ...status, ...more }, named);
      const verdicts: [health: Status["health"], shown: string][] = [
        ["ok", "<bold><green>OK</></>: all is well"],
        ["warning", "<bold><yellow>WARNING</></>: all is well"],
        ["critical", "<bold><red>CRITICAL</></>: all is well"],
        ["unknown", "<bold><yellow>UNKNOWN</></>: all is well"],
      ];
      for (const [health, shown] of verdicts) assertEquals(said({ health })[0], shown);
      const services: [more: Partial<typeof service>, shown: string[]][] = [
        [{}, ["RUNNING green"]],
        [{ value: "STOPPED" }, ["STOPPED red"]],
        [{ value: "START_PENDING" }, ["START_PENDING yellow"]],
        [{ watched: false }, ["RUNNING when last seen yellow"]],
        [{ restart_error: 2 }, ["RUNNING green", "2 red"]],
        [{ restartsLastHour: 4, flapping: true }, ["RUNNING green", "4 flapping red"]],
      ];
      for (const [more, shown] of services) {
        assertEquals(colours(said({ services: [{ ...service, ...more }] }), "icinga2"), shown);
      }
      const unasked = { ...service, value: null, queryError: "no" };
      assertMatch(colours(said({ services: [unasked] }), "icinga2")[0]!, / yellow$/);
      const paused = { since: status.agent.started, by: "command" } as Status["maintenance"];
      assertMatch(colours(said({ maintenance: paused }), "icinga2")[0]!, / yellow$/);
      const at = status.agent.started;
      const verdict = (level: "ok" | "critical") =>
        ({
          ...{ level, text: "x", at, until: null, numbers: {} },
        }) as unknown as typeof daemon.verdict;
      const other = { ...daemon, name: "other" };
      const daemons: [more: Partial<typeof daemon>, shown: string[]][] = [
        [{ state: "running" }, ["running green"]],
        [{ state: "finished" }, ["finished green"]],
        [{ state: "scheduled" }, ["scheduled green"]],
        [{ state: "failed" }, ["failed red"]],
        [{ state: "frozen" }, ["frozen red"]],
        [{ state: "backing-off" }, ["backing-off yellow"]],
        [{ state: "disabled" }, ["disabled dim"]],
        [{ state: "starting" }, ["starting yellow"]],
        [{ problem: "no such file" }, ["problem red"]],
        [{ verdict: verdict("ok") }, ["running green", "OK: x green"]],
        [{ verdict: verdict("critical") }, ["running green", "CRITICAL: x red"]],
      ];
      for (const [more, shown] of daemons) {
        const lines = said({ daemons: [{ ...daemon, ...more }, other] });
        assertEquals(colours(lines, "icinga_agent_service"), shown);
        assertEquals(lines.join("\n").includes("VERDICT"), more.verdict !== undefined);
      }
    },
    {},
    { maps },
  );
});

Deno.test("of what there is not nothing is shown, and of what there is each thing in its column", async () => {
  const maps = agentMaps();
  await withControl(
    async ({ home }) => {
      const status = await (await Client.connect(home)).status();
      const service = status.services[0]!, daemon = status.daemons[0]!;
      const at = status.agent.started;
      const shown = (more: Partial<Status>) => formatStatus({ ...status, ...more }, paint(false));
      const columns = (more: Partial<Status>, name: string) => {
        const lines = shown(more);
        const header = lines.findIndex((line) => line.split(/ {2,}/).includes(name));
        return lines.slice(header, header + 2).map((line) => line.split(/ {2,}/));
      };
      assertEquals(shown({ services: [], daemons: [] }).length, 3);
      assertMatch(shown({ agent: { ...status.agent, simulated: true } })[1]!, /are simulated$/);
      assertEquals(shown({})[1]!.includes("simulated"), false);
      assertEquals(columns({}, "MODE"), columns({}, "nothing"));
      const observed = { ...service, mode: "observe", lastRestart: at } as const;
      const [header, row] = columns({ services: [observed] }, "MODE");
      assertEquals(header!.slice(0, 3), ["MODE", "SERVICE", "STATE"]);
      assertEquals(row!.slice(0, 2), ["observe", "icinga2"]);
      assertEquals(row!.slice(5), ["-", "3", formatTime(at)]);
      const job = { next: at, last: { at, outcome: "failed" } } as unknown as typeof daemon.job;
      const runs = columns({ daemons: [{ ...daemon, job }, daemon] }, "NEXT RUN");
      assertEquals(runs[0]!.slice(-3), ["LAST RUN", "NEXT RUN", "LAST ERROR"]);
      assertEquals(runs[1]!.slice(-3), [`${formatTime(at)} failed`, formatTime(at), "-"]);
      const paused = { since: at, until: null, by: "command" } as Status["maintenance"];
      assertEquals(
        shown({ maintenance: paused })[3],
        `Paused by a command since ${formatTime(at)}, until 'icinga-warden resume'`,
      );
      const left = { since: at, until: at, by: "command" } as const;
      const alone = shown({ health: "ok", problems: [], services: [{ ...service, paused: left }] });
      assertEquals(alone[0], "OK: all is well, and paused: icinga2");
      assertEquals(
        alone[3],
        `icinga2 is paused by a command since ${formatTime(at)}, until ${formatTime(at)}`,
      );
      const forgotten = { ...service, paused: { ...left, until: null } };
      assertMatch(
        shown({ services: [forgotten] })[3]!,
        /^icinga2 is paused by .*, until 'icinga-warden resume --service icinga2'$/,
      );
      assertMatch(
        shown({ services: [{ ...forgotten, name: "a service" }] })[3]!,
        /until 'icinga-warden resume --service "a service"'$/,
      );
      const diagnosis = {
        ...{ what: "no disk", since: at, evidence: ["a"], advice: "free some", hold: false },
      } as unknown as typeof service.diagnosis;
      const told = `diagnosis of ${at}: no disk; a; free some`;
      assertEquals(shown({ services: [{ ...service, diagnosis }] }).includes(told), true);
      const probe = { is: "ok", failed: false, since: null, text: "x", advice: null } as const;
      const probes: [more: Partial<typeof service.probes[number]>, state: string][] = [
        [{}, "ok green"],
        [{ is: "warning" }, "not yet failed green"],
        [{ is: "warning", failed: true }, "warning yellow"],
        [{ is: "critical", failed: true }, "critical red"],
        [{ is: "unknown" }, "unknown dim"],
      ];
      for (const [more, state] of probes) {
        const services = [{ ...service, probes: [{ name: "disk", ...probe, ...more }] }];
        assertEquals(colours(formatStatus({ ...status, services }, named), "disk"), [state]);
      }
    },
    {},
    { maps },
  );
});

Deno.test("open gives the link to the browser, and prints it where there is none", async () => {
  if (Deno.build.os !== "linux") return;
  const folder = await Deno.makeTempDir();
  const path = Deno.env.get("PATH")!;
  Deno.env.set("PATH", `${folder}:${path}`);
  try {
    await withControl(
      async ({ home }) => {
        const open = async (...flags: string[]) => {
          const invocation = parse(["--home", home, ...flags], openCommand.flags!, "open");
          const { code } = await printed(() => openCommand.run(invocation));
          return typeof code === "number" ? code : (code as Report).text;
        };
        const browser = async (code: number) => {
          const script = `#!/bin/sh\nprintf %s "$1" > ${folder}/opened\nexit ${code}\n`;
          await Deno.writeTextFile(`${folder}/xdg-open`, script, { mode: 0o755 });
        };
        const opened = () => Deno.readTextFile(`${folder}/opened`).catch(() => "");
        const link = /^http:\/\/127\.0\.0\.1:\d+\/\S+$/;
        await browser(0);
        for (const flag of ["--print", "--json"]) assertMatch(String(await open(flag)), link);
        assertEquals(await opened(), "");
        assertEquals(await open(), 0);
        assertMatch(await opened(), link);
        await browser(1);
        assertMatch(String(await open()), link);
        await Deno.remove(`${folder}/xdg-open`);
        const restore = replaced(
          Deno,
          "Command",
          class {
            constructor() {
              throw new Error("no such program");
            }
          } as unknown as typeof Deno.Command,
        );
        try {
          assertMatch(String(await open()), link);
        } finally {
          restore();
        }
      },
      {},
      { maps: agentMaps() },
    );
  } finally {
    Deno.env.set("PATH", path);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("no line of the status is longer than 1,000 characters", async () => {
  await withControl(async ({ home }) => {
    const status = await (await Client.connect(home)).status();
    const service = status.services[0]!, long = "x".repeat(5_000);
    const diagnosis = { what: long, since: long, evidence: [long], advice: long, hold: true };
    const said = (texts: string[]) => {
      const problems = texts.map((text) => (
        { level: "critical", text, daemon: null, service: null } as const
      ));
      const services = [{ ...service, diagnosis } as typeof service];
      const lines = formatStatus(
        { ...status, health: "critical", problems, services },
        paint(false),
      );
      assertEquals(lines.filter((line) => line.length > 1_000 + "CRITICAL: ".length), []);
      assertEquals(lines.some((line) => line.startsWith("diagnosis of x")), true);
      return lines[0]!;
    };
    assertEquals(said([long]), `CRITICAL: ${"x".repeat(999)}…`);
    assertEquals(said([long, "short"]), `CRITICAL: ${"x".repeat(299)}…; short`);
    assertEquals(said(Array(200).fill("short")).endsWith("…"), true);
  });
});
