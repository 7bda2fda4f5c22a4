/**
 * The arguments and files of an agent that runs as a service. Pure.
 *
 * @module
 */
import { win32 } from "node:path";

/** The flags that a service may run with, in the order in which they are written; false: it takes no value. */
const FLAGS = {
  home: true,
  config: true,
  "log-level": true,
  mode: true,
  simulate: false,
  scenario: true,
  for: true,
} as const;

type Flag = keyof typeof FLAGS;

/** What an agent is run with: each flag's value, empty where it takes none. */
export type AgentFlags = Partial<Record<Flag, string>>;

/**
 * Reads the flags of an installed agent. Flags that a service does not use, such as `--foreground`, are left out.
 */
export function readAgentFlags(args: readonly string[]): AgentFlags {
  const flags: AgentFlags = {};
  const waiting = args.values();
  for (const arg of waiting) {
    const [, name, value] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
    if (!isFlag(name)) continue;
    flags[name] = FLAGS[name] ? value ?? waiting.next().value ?? "" : "";
  }
  return flags;
}

function isFlag(name: string | undefined): name is Flag {
  return name !== undefined && Object.hasOwn(FLAGS, name);
}

/** The arguments of an agent, `run` first. */
export function agentArguments(flags: AgentFlags): string[] {
  const names = (Object.keys(FLAGS) as Flag[]).filter((name) => flags[name] !== undefined);
  return ["run", ...names.flatMap((name) => [`--${name}`, ...(FLAGS[name] ? [flags[name]!] : [])])];
}

/** The files of an agent. */
export interface AgentFiles {
  exe: string;
  home: string;
  /** The configuration. */
  config: string;
  /** The program that runs the agent if that is not Windows itself: NSSM. */
  runner?: string | undefined;
}

/** An agent as a service runs it. */
export interface ServiceAgent {
  /** Its arguments, `run` first. */
  args: readonly string[];
  /** Its files. */
  files: AgentFiles;
}

/** The agent of an exe that is run with these flags; its home is the exe's folder unless they say otherwise. */
export function agentOf(exe: string, { home: named, ...others }: AgentFlags): ServiceAgent {
  const folder = win32.dirname(exe);
  const home = named ?? folder;
  const isNamed = !samePath(home, folder);
  return {
    args: agentArguments(isNamed ? { home, ...others } : others),
    files: { exe, home, config: others.config ?? win32.join(home, "icinga-warden.json") },
  };
}

/** Whether two paths name the same file on Windows, by their text. */
export function samePath(a: string, b: string): boolean {
  return win32.normalize(a).toLowerCase() === win32.normalize(b).toLowerCase();
}
