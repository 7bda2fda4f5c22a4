/**
 * Security descriptor strings ("Security Descriptor Definition Language" in Microsoft's reference): who owns a
 * file and who may do what with it. Pure.
 *
 * @module
 */

/** An entry of an access list that allows something. */
export interface Allowed {
  /** Whom, as a security identifier: `S-1-5-18`. */
  sid: string;
  /** What, as Windows' access mask. */
  rights: number;
}

/** What is read of a security descriptor. */
export interface SecurityDescriptor {
  /** The owner's security identifier; undefined when the text has none. */
  owner: string | undefined;
  /** What is allowed to whom; undefined: there is no list, which allows everyone everything. */
  allowed: readonly Allowed[] | undefined;
}

/** An account or a group that every Windows or every domain has. */
interface WellKnown {
  sid: string;
  /** The two letters that Windows writes for it, if it has some (sddl.h). */
  letters?: string;
  name: string;
  /**
   * `trusted`: it controls the machine anyway; `owner`: it stands for the owner; `ordinary`: ordinary users or computers
   * belong to it.
   */
  role?: "trusted" | "owner" | "ordinary";
}

/** Groups of a domain stand here with the domain 0-0-0. */
const WELL_KNOWN: readonly WellKnown[] = [
  { sid: "S-1-5-18", letters: "SY", name: "SYSTEM", role: "trusted" },
  { sid: "S-1-5-32-544", letters: "BA", name: "Administrators", role: "trusted" },
  {
    sid: "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
    name: "TrustedInstaller",
    role: "trusted",
  },
  { sid: "S-1-1-0", letters: "WD", name: "Everyone", role: "ordinary" },
  { sid: "S-1-2-0", name: "Local", role: "ordinary" },
  { sid: "S-1-5-2", letters: "NU", name: "Network", role: "ordinary" },
  { sid: "S-1-5-3", name: "Batch", role: "ordinary" },
  { sid: "S-1-5-4", letters: "IU", name: "Interactive", role: "ordinary" },
  { sid: "S-1-5-7", letters: "AN", name: "Anonymous Logon", role: "ordinary" },
  { sid: "S-1-5-11", letters: "AU", name: "Authenticated Users", role: "ordinary" },
  { sid: "S-1-5-32-545", letters: "BU", name: "Users", role: "ordinary" },
  { sid: "S-1-5-32-546", letters: "BG", name: "Guests", role: "ordinary" },
  { sid: "S-1-5-32-547", letters: "PU", name: "Power Users", role: "ordinary" },
  { sid: "S-1-15-2-1", letters: "AC", name: "All Application Packages", role: "ordinary" },
  { sid: "S-1-5-21-0-0-0-513", letters: "DU", name: "Domain Users", role: "ordinary" },
  { sid: "S-1-5-21-0-0-0-514", letters: "DG", name: "Domain Guests", role: "ordinary" },
  { sid: "S-1-5-21-0-0-0-515", letters: "DC", name: "Domain Computers", role: "ordinary" },
  { sid: "S-1-5-21-0-0-0-512", name: "Domain Admins" },
  { sid: "S-1-3-0", letters: "CO", name: "Creator Owner", role: "owner" },
  { sid: "S-1-3-4", letters: "OW", name: "Owner Rights", role: "owner" },
  { sid: "S-1-3-1", letters: "CG", name: "Creator Group" },
  { sid: "S-1-5-6", letters: "SU", name: "Service" },
  { sid: "S-1-5-19", letters: "LS", name: "Local Service" },
  { sid: "S-1-5-20", letters: "NS", name: "Network Service" },
  { sid: "S-1-5-32-551", letters: "BO", name: "Backup Operators" },
];

/** What is known of a security identifier; of a domain's groups too. */
export function wellKnown(sid: string): WellKnown | undefined {
  const known = sid.replace(/^S-1-5-21-.*-(?=\d+$)/, "S-1-5-21-0-0-0-");
  return WELL_KNOWN.find(({ sid }) => sid === known);
}

/** The rights that Windows writes as two letters. */
const RIGHTS: Readonly<Record<string, number>> = {
  GA: 0x10000000,
  GX: 0x20000000,
  GW: 0x40000000,
  GR: 0x80000000,
  FA: 0x1f01ff,
  FR: 0x120089,
  FW: 0x120116,
  FX: 0x1200a0,
  CC: 0x1,
  DC: 0x2,
  LC: 0x4,
  SW: 0x8,
  RP: 0x10,
  WP: 0x20,
  DT: 0x40,
  LO: 0x80,
  CR: 0x100,
  SD: 0x10000,
  RC: 0x20000,
  WD: 0x40000,
  WO: 0x80000,
};

/** The kinds of entries that allow something; `XA` does so under a condition. */
const ALLOWING = ["A", "OA", "XA", "ZA"];

/**
 * Reads a security descriptor string. Entries that deny are left out: a list is then taken for more open than it
 * is, and never for less. So are those that only count for what is made inside (`IO`).
 *
 * @throws {TypeError} when the text is none.
 */
export function readSecurityDescriptor(text: string): SecurityDescriptor {
  const [whole, owner, , list] =
    /^(?:O:(S-[\d-]+|[A-Z]{2}))?(?:G:(S-[\d-]+|[A-Z]{2}))?(?:D:([^]*?))?(?:S:[^]*)?$/.exec(text) ??
      [];
  if (whole === undefined) throw new TypeError(`Cannot read the security descriptor '${text}'`);
  return {
    owner: owner && toSid(owner),
    allowed: list === undefined || list.includes("NO_ACCESS_CONTROL") ? undefined : readList(list),
  };
}

function readList(list: string): Allowed[] {
  const entries = [...list.matchAll(/\(([^()]*(?:\([^]*?\)[^()]*)*)\)/g)];
  return entries.flatMap(([, entry = ""]) => {
    const [type = "", flags = "", rights = "", , , sid = ""] = entry.split(";");
    const isForOthers = flags.match(/../g)?.includes("IO") ?? false;
    return ALLOWING.includes(type) && !isForOthers
      ? [{ sid: toSid(sid), rights: readRights(rights) }]
      : [];
  });
}

function toSid(text: string): string {
  return WELL_KNOWN.find(({ letters }) => letters === text)?.sid ?? text;
}

/** A mask is a number, or pairs of letters; an unknown pair counts as every right. */
function readRights(text: string): number {
  if (/^\d/.test(text)) return Number(text);
  const pairs = text.match(/../g) ?? [];
  return pairs.reduce((mask, pair) => (mask | (RIGHTS[pair] ?? RIGHTS.GA!)) >>> 0, 0);
}
