import { assertEquals, assertThrows } from "@std/assert";
import { runCommand } from "../../lib/cli/commands/run.ts";
import { parseScenario, type Scenario, SCENARIO_WORDS } from "../../lib/service/scenario.ts";

const table: Record<string, Scenario> = {
  "": {},
  "crash=4s": { crashEvery: 4000 },
  "crash=4s,refuse=1": { crashEvery: 4000, refuseStarts: 1 },
  " slow=2s , hang ": { startTakes: 2000, stopTakes: 2000, hangOnStop: true },
  "silent": { hangOnQuery: true },
  "denied,absent,": { accessDenied: true, absent: true },
  "state=paused": { state: "PAUSED" },
  "refuse=0": { refuseStarts: 0 },
};

for (const [text, scenario] of Object.entries(table)) {
  Deno.test(`the scenario '${text}' is read`, () => {
    assertEquals(parseScenario(text), scenario);
  });
}

const refused: Record<string, string> = {
  "crush=4s": "'crush=4s': expected one or more of crash=4s, refuse=1,",
  "toString": "'toString': expected one or more of",
  "crash": "'crash': expected it like crash=4s",
  "crash=0s": "'crash=0s': expected it like crash=4s",
  "crash=4": "'crash=4': expected it like crash=4s",
  "refuse=-1": "'refuse=-1': expected it like refuse=1",
  "hang=1": "'hang=1': expected it like hang",
  "state=UP": "'state=UP': expected it like state=PAUSED",
};

for (const [text, message] of Object.entries(refused)) {
  Deno.test(`the scenario '${text}' is refused with what would be right`, () => {
    assertThrows(() => parseScenario(text), Error, message);
  });
}

Deno.test("every example of a word is read, and the help of run explains each", () => {
  for (const [example] of SCENARIO_WORDS) parseScenario(example);
  const help = runCommand.details!.join("\n");
  for (const [example, meaning] of SCENARIO_WORDS) {
    assertEquals(
      help.split("\n").some((line) => line.includes(example) && line.includes(meaning)),
      true,
    );
  }
});
