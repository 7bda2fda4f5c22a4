import { assertEquals } from "@std/assert";
import {
  agentArguments,
  type AgentFlags,
  agentOf,
  readAgentFlags,
} from "../../lib/windows/agent_arguments.ts";

const EXE = "C:\\warden\\icinga-warden.exe";

const found: [args: string[], flags: AgentFlags, again: string[]][] = [
  [["run"], {}, ["run"]],
  [["run", "--home", "D:\\x"], { home: "D:\\x" }, ["run", "--home", "D:\\x"]],
  [["run", "--home=D:\\x"], { home: "D:\\x" }, ["run", "--home", "D:\\x"]],
  [["run", "--simulate"], { simulate: "" }, ["run", "--simulate"]],
  [
    ["run", "--for", "1m", "--scenario", "hang", "--simulate"],
    { for: "1m", scenario: "hang", simulate: "" },
    ["run", "--simulate", "--scenario", "hang", "--for", "1m"],
  ],
  [["run", "--home"], { home: "" }, ["run", "--home", ""]],
  [
    ["run", "--log-level", "debug", "--config", "D:\\c.json"],
    { "log-level": "debug", config: "D:\\c.json" },
    ["run", "--config", "D:\\c.json", "--log-level", "debug"],
  ],
  [
    ["run", "--mode", "observe", "--log-level=debug"],
    { "log-level": "debug", mode: "observe" },
    ["run", "--log-level", "debug", "--mode", "observe"],
  ],
  // made by hand, and not for a service
  [["run", "--foreground"], {}, ["run"]],
  [[], {}, ["run"]],
  [["--foreground", "--home", "D:\\x", "--toString"], { home: "D:\\x" }, [
    "run",
    "--home",
    "D:\\x",
  ]],
];

for (const [args, flags, again] of found) {
  Deno.test(`a service's arguments are read and put right: ${args.join(" ")}`, () => {
    assertEquals(readAgentFlags(args), flags);
    assertEquals(agentArguments(flags), again);
  });
}

Deno.test("home is the exe's folder unless told, and is told only when it is another", () => {
  assertEquals(agentOf(EXE, {}).files, {
    exe: EXE,
    home: "C:\\warden",
    config: "C:\\warden\\icinga-warden.json",
  });
  assertEquals(agentOf(EXE, { home: "c:\\WARDEN" }).args, ["run"]);
  const other = agentOf(EXE, { home: "D:\\x", config: "E:\\c.json" });
  assertEquals(other.args, ["run", "--home", "D:\\x", "--config", "E:\\c.json"]);
  assertEquals(other.files, { exe: EXE, home: "D:\\x", config: "E:\\c.json" });
  assertEquals(agentOf(EXE, { home: "D:\\x" }).files.config, "D:\\x\\icinga-warden.json");
});
