import { assertEquals } from "@std/assert";
import { complete, splitWords } from "../../lib/cli/console/complete.ts";

Deno.test("a line is split into words, quotes and backslashes as on Windows", () => {
  const cases: [line: string, words: string[] | undefined][] = [
    ["", []],
    ["  get  x ", ["get", "x"]],
    ["get 'a b'", ["get", "a b"]],
    [`get "it's"`, ["get", "it's"]],
    ["get a' 'b", ["get", "a b"]],
    ['a "b"c\t\'d"\'', ["a", "bc", 'd"']],
    ["register x path=C:\\new", ["register", "x", "path=C:\\new"]],
    ["get ''", ["get", ""]],
    ['get "a', undefined],
  ];
  for (const [line, words] of cases) assertEquals(splitWords(line), words, line);
});

const VOCABULARY = {
  commands: new Map<string, string[]>([
    ["get", []],
    ["watch", []],
    ["daemon", ["list", "restart"]],
    ["thread", ["list"]],
  ]),
  paths: ["Agent.Info", "Agent.Info.pid", "Daemons.disk.Free", "Daemons.disk.Free.C:"],
  daemons: ["disk", "icinga_agent_service"],
};

Deno.test("commands, paths step by step, and names are completed", () => {
  const cases: [line: string, candidates: string[], word: string][] = [
    ["", ["daemon", "get", "thread", "watch"], ""],
    ["  g", ["get"], "g"],
    ["get ", ["Agent", "disk"], ""],
    ["get A", ["Agent"], "A"],
    ["get Agent.", ["Agent.Info"], "Agent."],
    ["get Agent.Info.", ["Agent.Info.pid"], "Agent.Info."],
    ["watch disk.F", ["disk.Free"], "disk.F"],
    ["get Daemons.d", ["Daemons.disk"], "Daemons.d"],
    ["get disk.Free ", [], ""],
    ["daemon r", ["restart"], "r"],
    ["daemon restart d", ["disk"], "d"],
    ["logs --daemon i", ["icinga_agent_service"], "i"],
    ["daemon show ", ["disk", "icinga_agent_service"], ""],
    ["daemon unregister i", ["icinga_agent_service"], "i"],
    ["daemon test di", ["disk"], "di"],
    ["daemon list ", [], ""],
    ["thread ", ["list"], ""],
    ["nothing ", [], ""],
  ];
  for (const [line, candidates, word] of cases) {
    assertEquals(complete(line, VOCABULARY), [candidates, word], line);
  }
});
