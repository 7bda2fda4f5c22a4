import { assertEquals, assertMatch } from "@std/assert";
import { meaningOf, ServiceError, type ServiceErrorKind } from "../../lib/service/error.ts";

const table: Record<number, ServiceErrorKind> = {
  2: "exe-missing",
  3: "exe-missing",
  5: "access-denied",
  193: "exe-invalid",
  1052: "not-now",
  1055: "database-locked",
  1057: "logon-failed",
  1061: "not-now",
  1066: "crashed",
  1070: "no-answer",
  1075: "dependency-failed",
  1079: "failed",
  1115: "shutting-down",
  1260: "blocked",
  1385: "logon-failed",
  2180: "database-locked",
  2183: "no-answer",
  2184: "not-started",
  2187: "not-now",
  2189: "not-now",
  2190: "crashed",
  2191: "not-now",
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
  1326: "logon-failed",
  1330: "logon-failed",
  1331: "logon-failed",
  1792: "logon-failed",
  1907: "logon-failed",
  1909: "logon-failed",
  216: "exe-invalid",
  577: "blocked",
  8: "resources",
  14: "resources",
  1450: "resources",
  1455: "resources",
  15: "exe-missing",
  21: "exe-missing",
  53: "exe-missing",
  67: "exe-missing",
  123: "exe-missing",
  225: "blocked",
  226: "blocked",
  4551: "blocked",
  1054: "resources",
  1816: "resources",
  1064: "crashed",
  1327: "logon-failed",
  1328: "logon-failed",
  1329: "logon-failed",
  1793: "logon-failed",
  0: "failed",
  [-1]: "failed",
  3221225786: "interrupted",
  [-1073741510]: "interrupted",
};

for (const [code, kind] of Object.entries(table)) {
  Deno.test(`error ${code} is ${kind}, and its message is one line that says what to do`, () => {
    assertEquals(meaningOf(Number(code)).kind, kind);
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

Deno.test("each code in the table has a sentence of its own kind that says what to do", () => {
  const more = [23, 112, 126, 127, 182, 1083, 1114, 1117, 1154, 1290, 1297, 1300, 1311, 1314, 1355];
  const codes = [32, 87, 120, 1051, 1059, 1063, 1073, 1078, 1079, 1084, 1332, 1789, ...more];
  for (
    const code of [...codes, 1392, 1393, 1717, 1722, 1723, 1726, 1753, 1787, 1788, 14001]
  ) {
    const { kind, advice } = meaningOf(code);
    assertEquals([kind, advice === meaningOf(4711).advice], ["failed", false], String(code));
  }
});
