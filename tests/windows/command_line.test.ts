import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  commandLine,
  pasteLine,
  splitCommandLine,
  splitServiceLine,
} from "../../lib/windows/command_line.ts";

const EXE = "C:\\Program Files\\icinga-warden\\icinga-warden.exe";

const lines: [string[], string][] = [
  [[], `"${EXE}"`],
  [["run"], `"${EXE}" run`],
  [["run", "--home", "D:\\data"], `"${EXE}" run --home D:\\data`],
  [["run", "--home", "D:\\my data"], `"${EXE}" run --home "D:\\my data"`],
  [["run", "--home", "D:\\my data\\"], `"${EXE}" run --home "D:\\my data\\\\"`],
  [["run", "--home", "D:\\"], `"${EXE}" run --home D:\\`],
  [["run", "--home", "\\\\server\\a b"], `"${EXE}" run --home "\\\\server\\a b"`],
  [[`a"b`], `"${EXE}" "a\\"b"`],
  [[`a\\"b`], `"${EXE}" "a\\\\\\"b"`],
  [[""], `"${EXE}" ""`],
];

for (const [args, line] of lines) {
  Deno.test(`the command line of ${JSON.stringify(args)}, and back`, () => {
    assertEquals(commandLine(EXE, args), line);
    assertEquals(splitCommandLine(line), [EXE, ...args]);
  });
}

// what others have written: sc.exe, NSSM, an installer
const foreign: [string, string[]][] = [
  ["", []],
  ["C:\\warden.exe", ["C:\\warden.exe"]],
  ["  C:\\warden.exe   run  ", ["C:\\warden.exe", "run"]],
  ["C:\\warden.exe\trun", ["C:\\warden.exe", "run"]],
  [`"C:\\a b\\nssm.exe"`, ["C:\\a b\\nssm.exe"]],
  [`"C:\\a b\\w.exe" "--home=C:\\x y"`, ["C:\\a b\\w.exe", "--home=C:\\x y"]],
  [`w.exe a"b c"d`, ["w.exe", "ab cd"]],
  [`w.exe "a""b"`, ["w.exe", `a"b`]],
  [`w.exe a\\b`, ["w.exe", "a\\b"]],
  [`w.exe \\"a \\\\"b c"`, ["w.exe", `"a`, "\\b c"]],
  [`w.exe """" ""`, ["w.exe", "", ""]],
  [`w.exe "a`, ["w.exe", "a"]],
  [`w.exe "`, ["w.exe", ""]],
  [`"w.exe" `, ["w.exe"]],
];

for (const [line, args] of foreign) {
  Deno.test(`the arguments in ${JSON.stringify(line)}`, () => {
    assertEquals(splitCommandLine(line), args);
  });
}

Deno.test("whatever the arguments are, a program reads them as they were", () => {
  const argument = fc.string({ unit: fc.constantFrom(...'ab \\"\t^&%ä') });
  fc.assert(fc.property(fc.array(argument), (args) => {
    assertEquals(splitCommandLine(commandLine(EXE, args)), [EXE, ...args]);
  }));
});

const pasted: [string[], string][] = [
  [["query", "icinga-warden"], "sc.exe query icinga-warden"],
  [["binPath=", `"C:\\a b.exe" run`], `sc.exe binPath= "\\"C:\\a b.exe\\" run"`],
  [["C:\\a&b"], `sc.exe "C:\\a&b"`],
  [[`"C:\\a & b.exe" run`], `sc.exe ^"\\^"C:\\a ^& b.exe\\^" run^"`],
  [["%SystemRoot%\\a b"], `sc.exe ^"^%SystemRoot^%\\a b^"`],
];

for (const [args, line] of pasted) {
  Deno.test(`to paste: ${line}`, () => assertEquals(pasteLine("sc.exe", args), line));
}

const services: [string, string[]][] = [
  ["C:\\Program Files\\w\\w.exe run", ["C:\\Program Files\\w\\w.exe", "run"]],
  ["C:\\w.exe", ["C:\\w.exe"]],
  [`"C:\\a b\\w.exe" run --home "D:\\x y.exe"`, ["C:\\a b\\w.exe", "run", "--home", "D:\\x y.exe"]],
  ["C:\\w.exe.d\\x.exe run", ["C:\\w.exe.d\\x.exe", "run"]],
];

for (const [line, words] of services) {
  Deno.test(`what a service runs by ${line}`, () => assertEquals(splitServiceLine(line), words));
}
