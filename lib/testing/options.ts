import type { Disk, RunResult } from "../daemon/mod.ts";
import type { LogLevel } from "../log/mod.ts";

/** A log record of a simulated daemon. */
export interface LoggedRecord {
  /** Simulated ms since its start. */
  at: number;
  /** How severe it is. */
  level: LogLevel;
  /** Its text. */
  message: string;
}

/** How a daemon is simulated. */
export interface SimulationOptions {
  /** Its arguments, as the configuration writes them; defaults are filled in. */
  arguments?: Record<string, unknown>;
  /** The name under which it is registered. Default: its module's name. */
  name?: string;
  /** What its maps hold when it starts: each map's entries by its name. */
  maps?: Record<string, Record<string, unknown>>;
  /** What other maps hold when it starts, those of other daemons and of the agent: each map's entries by its path. */
  state?: Record<string, Record<string, unknown>>;
  /** The names of the thread pools. Default: there is each that it names. */
  pools?: readonly string[];
  /** The home folder. Default: the current folder. */
  home?: string;
  /** What its service does, such as `crash=4s,refuse=1`: see `run --scenario`. Default: it runs without a fault. */
  scenario?: string;
  /** The time of day at its start, ISO 8601; the time zone of `cron` is UTC. Default: `2026-01-01T00:00:00Z`, a Thursday. */
  start?: string;
  /** What `context.host.disks` returns. Default: `C:` with 100 GB, of which 40 GB are free. */
  disks?: readonly Disk[];
  /** What `context.secret` gives, by name. Default: `secret NAME` for each that the daemon declares. */
  secrets?: Record<string, string>;
  /** Stands for a program that `context.run` runs; undefined: it takes too long. Default: the real one is run. */
  run?: (program: string, args: readonly string[]) => Partial<RunResult> | undefined;
  /** Answers what `context.fetch` asks. Default: the real host is asked. */
  fetch?: (request: Request) => Response | Promise<Response>;
  /** Called with each record when it is logged. */
  onLog?: (record: LoggedRecord) => void;
  /** Called with each change of its own maps; the value is undefined when the key was deleted. */
  onChange?: (map: string, key: string, value: unknown) => void;
}
