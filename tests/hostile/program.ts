import { fileURLToPath } from "node:url";
import { EXE, missingExe } from "../exe/program.ts";

/** A program under test. */
export interface Program {
  /** What its tests are called by; empty for the exe. */
  label: string;
  /** Its path and its first arguments. */
  command: readonly string[];
  /** Why it cannot be tested here; undefined when it can. */
  missing: string | undefined;
}

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

const exe: Program = { label: "", command: [EXE], missing: missingExe };

const source: Program = {
  label: "from source: ",
  command: [Deno.execPath(), "run", "-A", "--no-prompt", MAIN],
  missing: Deno.build.os === "linux" ? undefined : `tried on Linux, and this is ${Deno.build.os}`,
};

const PROGRAMS: Readonly<Record<string, Program[]>> = {
  exe: [exe],
  source: [source],
  both: [exe, source],
};

/** `ICINGA_WARDEN_HOSTILE=exe|source|both`. Default: exe. The exe is that of `ICINGA_WARDEN_LINUX_EXE`. */
export const programs: readonly Program[] = PROGRAMS[Deno.env.get("ICINGA_WARDEN_HOSTILE") ?? ""] ??
  [exe];
