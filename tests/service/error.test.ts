import { assertEquals, assertMatch } from "@std/assert";
import { kindOfCode, ServiceError, type ServiceErrorKind } from "../../lib/service/error.ts";

const table: Record<number, ServiceErrorKind> = {
  5: "access-denied",
  1053: "no-answer",
  1056: "already-running",
  1058: "disabled",
  1060: "not-installed",
  1062: "not-started",
  1067: "crashed",
  1068: "dependency-failed",
  1069: "logon-failed",
  1072: "marked-for-deletion",
  2182: "already-running",
  2185: "not-installed",
  2186: "no-answer",
  3521: "not-started",
  3534: "crashed",
  3547: "crashed",
  1051: "failed",
  0: "failed",
  [-1]: "failed",
  3221225786: "interrupted",
  [-1073741510]: "interrupted",
};

for (const [code, kind] of Object.entries(table)) {
  Deno.test(`error ${code} is ${kind}, and its message is one line that says what to do`, () => {
    assertEquals(kindOfCode(Number(code)), kind);
    const error = ServiceError.ofCode("start", "icinga2", Number(code));
    assertEquals([error.kind, error.code, error.service], [kind, Number(code), "icinga2"]);
    assertMatch(error.message, /^Cannot start service 'icinga2': [^;\n]+ \(-?\d+\); [^\n]+[^.\n]$/);
  });
}

Deno.test("the message of a denied access says who may", () => {
  assertEquals(
    ServiceError.ofCode("start", "icinga2", 5).message,
    "Cannot start service 'icinga2': access is denied (5); run the agent as LocalSystem or an administrator",
  );
});
