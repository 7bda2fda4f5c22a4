import type { ArgumentSpecs, ArgumentValues } from "../config/arguments.ts";
import type { DaemonContext } from "./context.ts";

/** What a daemon may do beyond computing and sharing state. What is not declared is refused. */
export interface DaemonPermissions {
  /** Query, start and stop services: the thread may run `sc.exe` and `net.exe`, and nothing else. */
  services?: boolean;
}

/** A daemon: what a module exports as its default. */
export interface DaemonDefinition<S extends ArgumentSpecs = ArgumentSpecs> {
  /** An identifier in snake case, the same as the module's file name without its extension. */
  name: string;
  /** One sentence for people. */
  description: string;
  /** The arguments it takes; none when left out. */
  arguments?: S;
  /** What it may do; nothing when left out. */
  permissions?: DaemonPermissions;
  /**
   * The daemon's work, called once in a thread of its own. Returning means that the work is done; throwing,
   * that it failed, and it is started again after a while. It must return soon after
   * `context.signal` is aborted; after a grace of 5 s the thread is ended.
   */
  run(context: DaemonContext<S>): void | Promise<void>;
}

/**
 * Declares a daemon. It returns its argument; its use is that an editor then knows the types of the
 * arguments that `run` is given.
 *
 * @example
 * ```ts
 * import { defineDaemon } from "icinga-warden/daemon";
 *
 * export default defineDaemon({
 *   name: "greeter",
 *   description: "Says hello now and then",
 *   arguments: { interval: { type: "duration", default: "10s", description: "time between hellos" } },
 *   run: (context) => context.every(context.arguments.interval, () => context.log.info("hello")),
 * });
 * ```
 */
export function defineDaemon<const S extends ArgumentSpecs>(
  definition: DaemonDefinition<S>,
): DaemonDefinition<S> {
  return definition;
}

export type { ArgumentSpecs, ArgumentValues };
