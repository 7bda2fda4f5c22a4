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

/** The security identifiers that Windows writes as two letters, if files have them. */
const ALIASES: Readonly<Record<string, string>> = {
  AN: "S-1-5-7",
  AU: "S-1-5-11",
  BA: "S-1-5-32-544",
  BG: "S-1-5-32-546",
  BO: "S-1-5-32-551",
  BU: "S-1-5-32-545",
  CG: "S-1-3-1",
  CO: "S-1-3-0",
  IU: "S-1-5-4",
  LS: "S-1-5-19",
  NS: "S-1-5-20",
  NU: "S-1-5-2",
  PU: "S-1-5-32-547",
  SU: "S-1-5-6",
  SY: "S-1-5-18",
  WD: "S-1-1-0",
  AC: "S-1-15-2-1",
};

/** Groups of a domain, by their last number: Windows writes them as two letters on the domain's own machines. */
const DOMAIN_ALIASES: Readonly<Record<string, string>> = {
  DA: "512",
  DU: "513",
  DG: "514",
  DC: "515",
};

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
 * is, and never for less.
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
    const [type = "", , rights = "", , , sid = ""] = entry.split(";");
    return ALLOWING.includes(type) ? [{ sid: toSid(sid), rights: readRights(rights) }] : [];
  });
}

function toSid(text: string): string {
  const group = DOMAIN_ALIASES[text];
  return group === undefined ? ALIASES[text] ?? text : `S-1-5-21-0-0-0-${group}`;
}

/** A mask is a number, or pairs of letters; an unknown pair counts as every right. */
function readRights(text: string): number {
  if (/^\d/.test(text)) return Number(text);
  const pairs = text.match(/../g) ?? [];
  return pairs.reduce((mask, pair) => (mask | (RIGHTS[pair] ?? RIGHTS.GA!)) >>> 0, 0);
}
