import { assertEquals, assertThrows } from "@std/assert";
import { readSecurityDescriptor } from "../../lib/windows/security_descriptor.ts";

const ADMINS = "S-1-5-32-544";
const SYSTEM = "S-1-5-18";

// as Windows prints them: C:\Program Files\X, a folder in C:\, a file, Wine's, and odd ones
const texts: [string, string | undefined, [string, number][] | undefined][] = [
  [
    "O:BAG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)",
    ADMINS,
    [[SYSTEM, 0x1f01ff], [ADMINS, 0x1f01ff], ["S-1-5-32-545", 0x1200a9]],
  ],
  [
    // What is only inherited by what is made inside does not count.
    "O:S-1-5-21-1-2-3-1001D:AI(A;ID;FA;;;BA)(A;OICIID;SDGXGWGR;;;AU)(A;OICIIOID;GA;;;WD)",
    "S-1-5-21-1-2-3-1001",
    [[ADMINS, 0x1f01ff], ["S-1-5-11", 0xe0010000]],
  ],
  ["O:BAD:(D;;FA;;;WD)(A;;FR;;;WD)", ADMINS, [["S-1-1-0", 0x120089]]],
  ["O:SYD:(A;;CCDC;;;BU)", SYSTEM, [["S-1-5-32-545", 0x3]]],
  ["O:SYD:P", SYSTEM, []],
  ["O:SYD:", SYSTEM, []],
  ["O:SYD:NO_ACCESS_CONTROL", SYSTEM, undefined],
  ["O:SY", SYSTEM, undefined],
  ["D:(A;;1180063;;;BU)", undefined, [["S-1-5-32-545", 1180063]]],
  ["O:BAD:(A;;FA;;;BA)S:AI(AU;OICISA;FA;;;WD)", ADMINS, [[ADMINS, 0x1f01ff]]],
  [
    `O:BAD:(XA;;FA;;;BU;(@User.Title=="PM" && (Member_of {SID(BA)})))(A;;FR;;;WD)`,
    ADMINS,
    [["S-1-5-32-545", 0x1f01ff], ["S-1-1-0", 0x120089]],
  ],
  ["O:BAD:(A;;FA;;;DU)", ADMINS, [["S-1-5-21-0-0-0-513", 0x1f01ff]]],
];

for (const [text, owner, allowed] of texts) {
  Deno.test(`the security descriptor ${text}`, () => {
    const read = readSecurityDescriptor(text);
    assertEquals(read.owner, owner);
    assertEquals(read.allowed?.map(({ sid, rights }) => [sid, rights]), allowed);
  });
}

// sddl.h and winnt.h
const rights: Record<string, number> = {
  ...{ GA: 0x10000000, GX: 0x20000000, GW: 0x40000000, GR: 0x80000000 },
  ...{ FA: 0x1f01ff, FR: 0x120089, FW: 0x120116, FX: 0x1200a0 },
  ...{ CC: 0x1, DC: 0x2, LC: 0x4, SW: 0x8, RP: 0x10, WP: 0x20, DT: 0x40, LO: 0x80, CR: 0x100 },
  ...{ SD: 0x10000, RC: 0x20000, WD: 0x40000, WO: 0x80000 },
};

Deno.test("each pair of letters is a right", () => {
  for (const [letters, mask] of Object.entries(rights)) {
    const { allowed } = readSecurityDescriptor(`D:(A;;${letters};;;WD)`);
    assertEquals(allowed?.[0]?.rights, mask, letters);
  }
});

Deno.test("rights that nobody knows are feared to be all", () => {
  const { allowed } = readSecurityDescriptor("O:BAD:(A;;QQ;;;WD)");
  assertEquals(allowed?.[0]?.rights, 0x10000000);
});

Deno.test("text that is no security descriptor is refused", () => {
  assertThrows(() => readSecurityDescriptor("nonsense"), TypeError, "nonsense");
});
