import type { ValueCheck } from "../state/mod.ts";
import type { ArgumentSpecs } from "./arguments.ts";
import type { DaemonContext } from "./context.ts";
import type { MetricSpecs } from "./metrics.ts";
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
  /** Its arguments. Default: none. */
  arguments?: S;
  /** The permissions that it needs; the configuration grants them. Default: none. */
  permissions?: DaemonPermissions;
  /** Its maps of the public state. A map that is not listed can be used, too. */
  maps?: M;
  /**
   * The daemon's work, called once in a thread of its own. When it returns, the work is done; when it throws, the
   * daemon has failed and is started again after a backoff. It must return soon after `context.signal` is aborted;
   * after 5 s the thread is ended.
   */
  run(context: DaemonContext<S, M>): void | Promise<void>;
  /**
   * The functions that `context.thread` can run, by name. Each is called once in a thread of its own, with a context
   * and the thread's arguments. Its return value is the thread's result, and must be cloneable.
   */
  tasks?: Readonly<Record<string, DaemonTask<S, M>>>;
  /**
   * Cleans up after a thread that the agent had to end because it was frozen, held too much memory, or did not stop in
   * time. It runs in a short-lived thread of its own with the same permissions, for 5 s at most. A thread in an endless
   * loop cannot be ended, and still runs meanwhile.
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
 * Declares a daemon. Returns its argument; an editor then knows the types of the arguments in `run`.
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

/** The declaration of one of a daemon's maps. */
export interface MapSpec {
  /** One sentence for people. */
  description: string;
  /** It is saved in home and restored at the next start. */
  persistent?: boolean;
  /** Every daemon may write it, not only this one. */
  open?: boolean;
  /** Called with each value before it is set: returns the value, or throws when it is wrong. Its type is the map's. */
  check?: ValueCheck<unknown>;
  /** What of it is shown as metrics, by name; at most 20 in all maps of a daemon, and 1,000 series. */
  metrics?: MetricSpecs;
}

/** A daemon's maps by name. */
export type MapSpecs = Readonly<Record<string, MapSpec>>;
