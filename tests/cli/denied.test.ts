import { assertEquals } from "@std/assert";
import { explainSystem } from "../../lib/cli/output.ts";
import { WindowsError } from "../../lib/windows/ffi/errors.ts";

Deno.test("a missing right is said in one way, with what to do and without a number", () => {
  const cases: [os: "windows" | "linux", text: string, said: string][] = [
    [
      "windows",
      "Cannot write C:\\x\\icinga-warden.json: Zugriff verweigert (os error 5)",
      "Cannot write C:\\x\\icinga-warden.json: access is denied; open the console as administrator, and see whether the file is read-only, or open in another program",
    ],
    [
      "windows",
      "Access is denied. (os error 5): readfile 'C:\\x y'",
      "Cannot read C:\\x y: access is denied; open the console as administrator",
    ],
    [
      "linux",
      "Cannot open /x: Permission denied (os error 13); an agent of another account may run there",
      "Cannot open /x: access is denied; an agent of another account may run there; use an account with that right",
    ],
    // An error of another kind, and a text that says already what to do.
    [
      "linux",
      "Cannot write /x: Input/output error (os error 5)",
      "Cannot write /x: Input/output error (os error 5)",
    ],
    [
      "windows",
      "Cannot read C:\\x: Denied. (os error 5); or as administrator",
      "Cannot read C:\\x: access is denied; or as administrator",
    ],
    // The words of a FileError, and other usual causes.
    [
      "linux",
      "Cannot write /x: access is denied",
      "Cannot write /x: access is denied; use an account with that right",
    ],
    [
      "linux",
      "/x: access is denied; let the account read it",
      "/x: access is denied; let the account read it",
    ],
    [
      "linux",
      "Cannot do it: No such file or directory (os error 2): readfile '/x'",
      "Cannot do it: Cannot read /x: it does not exist",
    ],
    [
      "windows",
      "Access is denied. (os error 5): stat 'C:\\x'",
      "Cannot read C:\\x: access is denied; open the console as administrator",
    ],
    [
      "windows",
      "Cannot rename C:\\x: In use (os error 32)",
      "Cannot rename C:\\x: another program has it open",
    ],
    ["linux", "nothing of it", "nothing of it"],
  ];
  for (const [os, text, said] of cases) assertEquals(explainSystem(text, os), said);
});

Deno.test("a function of Windows that is denied says the same", () => {
  assertEquals(
    new WindowsError(5, "open the service control manager").message,
    "Cannot open the service control manager: access is denied; open the console as administrator",
  );
});
