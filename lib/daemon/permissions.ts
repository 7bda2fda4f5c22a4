import { refuseReserved } from "../base/mod.ts";

/** The kinds of permission that are lists; Deno's own words but for `secrets`. */
export const PERMISSION_LISTS = [
  "read",
  "write",
  "run",
  "net",
  "env",
  "ffi",
  "sys",
  "secrets",
] as const;

/** A kind of permission that is a list. */
export type PermissionList = typeof PERMISSION_LISTS[number];

/**
 * What a daemon may do beyond computing, sharing state and reading its own folder. A module declares what it
 * needs, and the configuration grants it; both in this form. What is not in both is refused.
 *
 * In a module, and there alone, `{drive}` in an item stands for the argument `drive` (for each item of it, where
 * it is a list; for nothing, where it is empty), `{home}` for the home folder, and `{icinga}` for the folder that holds
 * Icinga's `etc` and `var` (the argument `dataDir`, or `%ProgramData%\icinga2`). The item `*` stands for all there is.
 */
export interface DaemonPermissions {
  /**
   * Query, start and stop services: the thread may run `sc.exe` and `net.exe`, and have the agent end the process of a
   * service that is stuck.
   */
  services?: boolean | undefined;
  /** Files and folders to read; relative to home, or absolute. A folder counts with all that is in it. */
  read?: readonly string[] | undefined;
  /** Files and folders to write; as `read`. */
  write?: readonly string[] | undefined;
  /** Programs to run: an absolute path, or a name that is found on the path. What they do is theirs. */
  run?: readonly string[] | undefined;
  /** Hosts to speak to: `host`, `host:port`, or an address such as `https://host/path`, which is its host and port. */
  net?: readonly string[] | undefined;
  /** Environment variables to read. */
  env?: readonly string[] | undefined;
  /** Libraries to load; what they do is not limited by anything. */
  ffi?: readonly string[] | undefined;
  /** What to ask of the system: `disks` for `context.host.disks`; `hostname`, `osRelease`, `systemMemoryInfo` and the other names of Deno. */
  sys?: readonly string[] | undefined;
  /** Names of secrets that `context.secret` reads; `icinga-warden secret set NAME` makes one. */
  secrets?: readonly string[] | undefined;
}

/** What would be right instead of a secret's name, as a clause; undefined when it is right. */
export function refuseSecretName(name: string): string | undefined {
  const reserved = refuseReserved(name);
  if (reserved !== undefined) return `it is ${reserved}; choose another one`;
  const isName = /^[a-z][a-z0-9_-]{0,63}$/.test(name);
  return isName ? undefined : "expected small letters, digits, _ and -, a letter first, at most 64";
}

/** The item of `sys` for {@linkcode DaemonHost.disks}; the others are Deno's. */
export const DISKS = "disks";

/** In an item, the name of an argument that stands for its value. */
export const PLACEHOLDER: RegExp = /\{(\w+)\}/g;

/** Deno's advice about a missing permission: flags of commands that do not apply here. */
const ADVICE =
  /, (?:specify the required permissions during compilation using `deno compile [\w -]+`|run again with the --[\w-]+ flag)/g;

/** A text in which Deno's advice on a missing permission has become what can be done about it here. */
export function explainRefusal(text: string): string {
  return text.replaceAll(
    ADVICE,
    "; let the module declare it and the configuration grant it (permissions)",
  );
}
