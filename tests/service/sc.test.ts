import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { outputLimit } from "../../lib/service/output.ts";
import {
  readDependents,
  readDisabled,
  readKeyName,
  readProgress,
  readQuery,
} from "../../lib/service/output.ts";
import { bytes, english, running, utf16 } from "./texts.ts";

for (const [language, text] of Object.entries(running)) {
  Deno.test(`a running service is read in ${language}`, () => {
    assertEquals(readQuery(0, bytes(text)), { state: "RUNNING" });
  });
}

Deno.test("a running service is read in UTF-16, with Japanese labels too", () => {
  const japanese = english().replace("TYPE", "種類").replace("STATE              :", "状態：");
  assertEquals(readQuery(0, utf16(english())), { state: "RUNNING" });
  assertEquals(readQuery(0, utf16(japanese)), { state: "RUNNING" });
});

Deno.test("each state is read by its number, whatever word follows", () => {
  // winsvc.h
  const states = {
    1: "STOPPED",
    2: "START_PENDING",
    3: "STOP_PENDING",
    4: "RUNNING",
    5: "CONTINUE_PENDING",
    6: "PAUSE_PENDING",
    7: "PAUSED",
  } as const;
  for (const [number, state] of Object.entries(states)) {
    assertEquals(readQuery(0, bytes(english(`${number}  ZUSTAND`))), { state });
  }
});

Deno.test("a number that is no state's is not read", () => {
  for (
    const state of ["0  NONE", "8  MORE", "44  RUNNING", "4RUNNING", "-4  RUNNING", "x  RUNNING"]
  ) {
    assertEquals(readQuery(0, bytes(english(state))), "unreadable", state);
  }
});

Deno.test("every type of service is skipped, also those in hexadecimal letters", () => {
  for (const type of ["1  KERNEL_DRIVER", "110  WIN32_OWN_PROCESS  (interactive)", "f0   ERROR"]) {
    assertEquals(readQuery(0, bytes(english("1  STOPPED", "x", type))), { state: "STOPPED" }, type);
  }
});

Deno.test("a service's name that looks like a state does not fool it", () => {
  for (const name of ["x : 4  RUNNING", "STATE              : 4  RUNNING", "[SC] FAILED 1060:"]) {
    assertEquals(readQuery(0, bytes(english("1  STOPPED", name))), { state: "STOPPED" }, name);
  }
});

Deno.test("the display name, which an enumeration adds, is skipped", () => {
  const text = english().replace(
    "icinga2 \r\n",
    "icinga2\r\nDISPLAY_NAME: Icinga : 1  STOPPED\r\n",
  );
  assertEquals(readQuery(0, bytes(text)), { state: "RUNNING" });
});

Deno.test("an exit code is the verdict, whatever was printed", () => {
  assertEquals(readQuery(1060, bytes(english())), { code: 1060 });
  assertEquals(readQuery(5, new Uint8Array()), { code: 5 });
});

Deno.test("an error in the text counts although the exit code is 0", () => {
  const prefix = "[SC] EnumQueryServicesStatus:OpenService ";
  for (
    const error of [
      "FAILED 1060:",
      "FEHLER 1060:",
      "\x82chec(s) 1060 :",
      "\x82chec(s) 1060\xff:",
      "\xc3\xa9chec(s) 1060\xc2\xa0:",
      "\x8e\xb8\x94s 1060:",
      "\x8e\xb8\x94s 1060\x81F",
    ]
  ) {
    const text = `${prefix}${error}\r\n\r\nThe specified service does not exist.\r\n`;
    assertEquals(readQuery(0, bytes(text)), { code: 1060 }, error);
  }
});

Deno.test("what was cut off at any byte is unreadable or still right", () => {
  for (const whole of [bytes(english()), utf16(english()), ...Object.values(running).map(bytes)]) {
    for (let length = 0; length < whole.length; length++) {
      const answer = readQuery(0, whole.subarray(0, length));
      if (answer !== "unreadable") assertEquals(answer, { state: "RUNNING" });
    }
  }
});

Deno.test("an answer without the line of the state is unreadable", () => {
  const text = english();
  for (
    const cut of [
      text.slice(0, text.indexOf("STATE")),
      text.replace(/ +TYPE.*\r\n/, ""),
      text.replace(/SERVICE_NAME.*\r\n/, ""),
      text.replace("SERVICE_NAME:", "SERVICE_NAME"),
      "",
      "\r\n",
    ]
  ) {
    assertEquals(readQuery(0, bytes(cut)), "unreadable");
  }
});

Deno.test("an answer of megabytes is unreadable, whatever it begins with", () => {
  const flood = new Uint8Array(4 * 1024 * 1024).fill(0x20);
  flood.set(bytes(english()));
  assertEquals(readQuery(0, flood), "unreadable");
});

Deno.test("hostile text of the greatest length is unreadable, and read in no time", () => {
  for (
    const filling of [
      " ",
      "\t:",
      "1 ",
      "a: 1",
      "[SC] 1 1",
      "[SC]\t1\t:",
      "\n ",
      " a\n",
      "\x81",
      "\r",
    ]
  ) {
    const text = filling.repeat(outputLimit / filling.length).slice(0, outputLimit - 1);
    assertEquals(readQuery(0, bytes(text)), "unreadable", JSON.stringify(filling));
  }
});

Deno.test("no bytes make it throw, and none without indented lines make a state", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 4096 }), (noise) => {
    readQuery(0, noise);
    const answer = readQuery(0, noise.filter((byte) => byte !== 0x20 && byte !== 0x09));
    return answer === "unreadable" || "code" in answer;
  }));
});

Deno.test("a line lost, doubled or moved never makes another state", () => {
  const lines = english("1  STOPPED").replace("0  (0x0)", "5  (0x5)").split("\r\n");
  fc.assert(
    fc.property(fc.shuffledSubarray([...lines, ...lines]), (some) => {
      const answer = readQuery(0, bytes(some.join("\r\n")));
      return answer === "unreadable" || ("state" in answer && answer.state === "STOPPED");
    }),
    { numRuns: 2000 },
  );
});

Deno.test("how far a pending service is stands in the last two fields; where they lack, nothing is known", () => {
  const text = english("2  START_PENDING").replace(": 0x0", ": 0x1f").replace(": 0x0", ": 0x7d0 ");
  assertEquals(readProgress(bytes(text)), { checkpoint: 31, waitHint: 2000 });
  assertEquals(readProgress(utf16(text)), { checkpoint: 31, waitHint: 2000 });
  assertEquals(readProgress(bytes(running["German"]!)), { checkpoint: 0, waitHint: 0 });
  assertEquals(readProgress(bytes("")), { checkpoint: 0, waitHint: 0 });
});

/** What `sc qc icinga2` prints on a German Windows, byte by byte. */
const configuration = (startType: string) =>
  `[SC] QueryServiceConfig ERFOLG\r\n\r\nSERVICE_NAME: icinga2\r\n` +
  `        TYP                : 10  WIN32_OWN_PROCESS \r\n` +
  `        STARTTYP           : ${startType}\r\n        FEHLERSTEUERUNG    : 1   NORMAL\r\n` +
  '        PFAD               : "C:\\a 4  b\\icinga2.exe"\r\n';

Deno.test("a start type is read by its number; what cannot be read is not known", () => {
  const cases: [code: number, text: string, disabled: boolean | undefined][] = [
    [0, configuration("4   DISABLED"), true],
    [0, configuration("2   AUTO_START  (DELAYED)"), false],
    [0, configuration("3   DEMAND_START"), false],
    [0, configuration("9   NEU"), undefined],
    [0, "", undefined],
    [1639, configuration("4   DISABLED"), undefined],
  ];
  for (const [code, text, disabled] of cases) {
    assertEquals(readDisabled(code, bytes(text)), disabled, text);
  }
});

Deno.test("the name that belongs to a display name follows the equals sign of the last line", () => {
  const text = "[SC] GetServiceKeyName SUCCESS\r\nName = icinga2\r\n";
  assertEquals(readKeyName(0, bytes(text)), "icinga2");
  assertEquals(readKeyName(0, utf16(text)), "icinga2");
  assertEquals(readKeyName(1060, bytes(text)), undefined);
  assertEquals(readKeyName(0, bytes("\r\n")), undefined);
});

Deno.test("the services that depend on one are read with their states, in any language", () => {
  const display = (text: string) =>
    text.replace(/: (.*?) ?\r\n/, ": $1\r\nDISPLAY_NAME: Icinga : 1  STOPPED\r\n");
  for (const [language, text] of Object.entries(running)) {
    const second = text.replace("icinga2", "a second one").replace(/4(?= {2}RUNNING)/, "1");
    const list = `[SC] EnumDependentServices: entriesread = 2\r\n${display(`\r\n${text}`)}\r\n`;
    assertEquals(
      readDependents(0, bytes(`${list}${second}`)).map(({ state }) => state),
      ["RUNNING", "STOPPED"],
      language,
    );
  }
  const two = `Enum: entriesread = 2\r\n${display(english())}${english("7  PAUSED", "b c")}`;
  assertEquals(readDependents(0, bytes(two)), [
    { name: "icinga2", state: "RUNNING" },
    { name: "b c", state: "PAUSED" },
  ]);
  assertEquals(readDependents(0, bytes("Enum: entriesread = 0\r\n")), []);
  assertEquals(readDependents(1060, bytes(two)), []);
});
