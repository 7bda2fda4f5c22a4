/**
 * Who could put code of his own in the place of the agent's: a verdict on owners and access lists, by security
 * identifiers, since the names of groups differ with the language of the system. Pure.
 *
 * @module
 */
import type { SecurityDescriptor } from "./security_descriptor.ts";

/** The accounts that rule the machine anyway. */
const TRUSTED: Readonly<Record<string, string>> = {
  "S-1-5-18": "SYSTEM",
  "S-1-5-32-544": "Administrators",
  "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464": "TrustedInstaller",
};

/** The groups that ordinary users belong to. */
const ORDINARY: Readonly<Record<string, string>> = {
  "S-1-1-0": "Everyone",
  "S-1-2-0": "Local",
  "S-1-5-2": "Network",
  "S-1-5-3": "Batch",
  "S-1-5-4": "Interactive",
  "S-1-5-7": "Anonymous Logon",
  "S-1-5-11": "Authenticated Users",
  "S-1-5-32-545": "Users",
  "S-1-5-32-546": "Guests",
  "S-1-5-32-547": "Power Users",
  "S-1-15-2-1": "All Application Packages",
};

/** The groups of ordinary users and computers that each domain has, by the last number. */
const ORDINARY_OF_DOMAIN: Readonly<Record<string, string>> = {
  "513": "Domain Users",
  "514": "Domain Guests",
  "515": "Domain Computers",
};

/** Rights that replace a thing: delete, change its access list or owner, and the generic ones that hold these. */
const REPLACE = 0x10000 | 0x40000 | 0x80000 | 0x10000000;

/** Rights that write into a file or folder: write or add, append or add a folder, delete what is inside. */
const WRITE = REPLACE | 0x2 | 0x4 | 0x40 | 0x40000000;

/** What is asked of a path: that nobody writes into it, or only that nobody puts another in its place. */
export type Demand = "unwritable" | "unreplaceable";

/** Why a path is not safe. */
export interface Danger {
  /** The path. */
  path: string;
  /** Who could change it, as a security identifier; `undefined` stands for everyone. */
  sid: string | undefined;
  /** Whether he owns it, and so may grant himself everything. */
  owns: boolean;
}

/** What a verdict needs. */
export interface Guarded {
  /** The path that was looked at. */
  path: string;
  /** What it says of itself. */
  descriptor: SecurityDescriptor;
  /** What is asked of it. */
  demand: Demand;
}

/**
 * Everything that is wrong with a path.
 *
 * @param trusted accounts beyond those that rule the machine: whom the service runs as.
 */
export function dangersOf(
  { path, descriptor: { owner, allowed }, demand }: Guarded,
  trusted: readonly string[] = [],
): Danger[] {
  const mask = demand === "unwritable" ? WRITE : REPLACE | 0x40;
  const owned = owner !== undefined && !(owner in TRUSTED) && !trusted.includes(owner);
  const writers = allowed === undefined
    ? [undefined]
    : allowed.filter(({ sid, rights }) => isOrdinary(sid) && (rights & mask) !== 0)
      .map(({ sid }) => sid);
  return [
    ...(owned ? [{ path, sid: owner, owns: true }] : []),
    ...[...new Set(writers)].map((sid) => ({ path, sid, owns: false })),
  ];
}

/** Dangers in a line for each who, without advice. */
export function describeDangers(dangers: readonly Danger[]): string[] {
  const groups = Map.groupBy(dangers, ({ sid, owns }) => `${owns} ${sid}`);
  return [...groups.values()].map((group) => {
    const { sid, owns } = group[0]!;
    const paths = new Set(group.map(({ path }) => path));
    const what = [...paths].join(", ");
    if (sid === undefined) return `Everyone may change ${what}: no access list is there`;
    const who = nameOf(sid);
    if (!owns) return `${who} may change ${what}`;
    return `${who} owns ${what}; the owner should be Administrators, SYSTEM or TrustedInstaller`;
  });
}

function isOrdinary(sid: string): boolean {
  return nameOf(sid) !== sid && !(sid in TRUSTED);
}

function nameOf(sid: string): string {
  const ofDomain = /^S-1-5-21-.*-(\d+)$/.exec(sid)?.[1] ?? "";
  const name = TRUSTED[sid] ?? ORDINARY[sid] ?? ORDINARY_OF_DOMAIN[ofDomain];
  return name === undefined ? sid : `${name} (${sid})`;
}

/** What one account may do in the folder, and in what lies in it. */
interface Permission {
  /** Its security identifier. */
  sid: string;
  /** As Windows' access mask. */
  rights: number;
  /** As `icacls` writes it. */
  icacls: string;
}

/**
 * What `--fix-permissions` grants, and nothing else: SYSTEM and Administrators may do everything, Users read and run,
 * as in `C:\Program Files`.
 *
 * @param account the security identifier of the account that the service runs as: where it is none of those it
 * may write.
 */
export function safePermissions(account?: string): Permission[] {
  const full = { rights: 0x1f01ff, icacls: "(OI)(CI)F" };
  const modify = { rights: 0x1301bf, icacls: "(OI)(CI)M" };
  return [
    { sid: "S-1-5-18", ...full },
    { sid: "S-1-5-32-544", ...full },
    { sid: "S-1-5-32-545", rights: 0x1200a9, icacls: "(OI)(CI)RX" },
    ...(account === undefined || account in TRUSTED ? [] : [{ sid: account, ...modify }]),
  ];
}

/**
 * The same as a security descriptor string: owned by Administrators, inheriting nothing from above, inherited by all
 * that lies inside. What lies inside bears no list of its own afterwards.
 */
export function safeDescriptor(account?: string): string {
  const entries = safePermissions(account).map(({ sid, rights }) =>
    `(A;OICI;0x${rights.toString(16)};;;${sid})`
  );
  return `O:S-1-5-32-544D:PAI${entries.join("")}`;
}
