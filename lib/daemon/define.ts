import type { ValueCheck } from "../state/mod.ts";
import type { ArgumentSpecs, ArgumentValues } from "./arguments.ts";
import type { DaemonContext } from "./context.ts";
import type { DaemonPermissions } from "./permissions.ts";

/** A daemon: what a module exports as its default. */
export interface DaemonDefinition<
  S extends ArgumentSpecs = ArgumentSpecs,
  M extends MapSpecs = MapSpecs,
> {
  /** Small letters, digits and `_`, a letter first; the same as the module's file name without its extension. */
  name: string;
  /** One sentence for people. Default: the name. */
  description?: string;
  /** The arguments it takes; none when left out. */
  arguments?: S;
  /** What it needs beyond computing and sharing state; nothing when left out. The configuration grants it. */
  permissions?: DaemonPermissions;
  /** The maps of the public state that it keeps; one that is not listed can be used as well. */
  maps?: M;
  /**
   * The daemon's work, called once in a thread of its own. Returning means that the work is done; throwing,
   * that it failed, and it is started again after a while. It must return soon after
   * `context.signal` is aborted; after a grace of 5 s the thread is ended.
   */
  run(context: DaemonContext<S, M>): void | Promise<void>;
  /**
   * What `context.thread` can run, by name: each is called once in a thread of its own, with a context and
   * what the thread was given; what it returns is the thread's result, and has to be cloneable.
   */
  tasks?: Readonly<Record<string, DaemonTask<S, M>>>;
  /**
   * Puts in order what a thread left behind that could not be asked to: called, in a short-lived thread of its own with
   * the same permissions, after the agent had to end one of the daemon's threads since it was frozen, had too
   * much memory, or did not stop in time. It has 5 s. A thread in an endless loop cannot be ended, and goes on meanwhile.
   *
   * @param termination which thread it was, and why it was ended.
   */
  onTerminate?(context: DaemonContext<S, M>, termination: Termination): void | Promise<void>;
}

/** What runs in a child thread; see {@linkcode DaemonDefinition.tasks}. */
// deno-lint-ignore no-explicit-any -- what a task takes and returns is between the daemon and itself
export type DaemonTask<S extends ArgumentSpecs = any, M extends MapSpecs = any> = (
  context: DaemonContext<S, M>,
  // deno-lint-ignore no-explicit-any
  given: any,
) => unknown;

/** A thread that the agent had to end. */
export interface Termination {
  /** The thread's name. */
  thread: string;
  /** Why, in one sentence. */
  reason: string;
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
export function defineDaemon<
  const S extends ArgumentSpecs = ArgumentSpecs,
  const M extends MapSpecs = MapSpecs,
>(definition: DaemonDefinition<S, M>): DaemonDefinition<S, M> {
  return definition;
}

export type { ArgumentSpecs, ArgumentValues, DaemonPermissions };

/** What a daemon says of one of its maps. */
export interface MapSpec {
  /** One sentence for people. */
  description: string;
  /** It outlives the agent: it is saved in home and given back at the next start. */
  persistent?: boolean;
  /** Every daemon may write it, not only this one. */
  open?: boolean;
  /** Looks at each value before it is set, and returns it; throws when it is wrong. Its type is the map's. */
  check?: ValueCheck<unknown>;
}

/** A daemon's maps by name. */
export type MapSpecs = Readonly<Record<string, MapSpec>>;
