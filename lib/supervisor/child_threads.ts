import { abortWith, errorMessage } from "../base/mod.ts";
import type { ChildNews, ChildRequest, ThreadEnd } from "../thread/mod.ts";
import type { Children, ThreadChange } from "./keep_running.ts";
import type { DaemonLimits } from "./limits.ts";
import type { ThreadPlan } from "./plan.ts";
import type { ChildCommand } from "./thread.ts";

/**
 * Supervises a child thread.
 *
 * @param name the third part of its name.
 * @throws {Error} when there is no such pool.
 */
export type SuperviseChild = (
  child: { plan: ThreadPlan; task: string; name: string },
  signal: AbortSignal,
  onChange: (change: ThreadChange, thread: string) => void,
) => Promise<ThreadEnd>;

/**
 * Opens the child threads of one run of a thread.
 *
 * @param signal aborted when the thread is to stop: its children are to stop at the same time.
 */
export function openChildren(
  parent: ThreadPlan,
  limits: DaemonLimits,
  signal: AbortSignal,
  superviseChild: SuperviseChild,
): Children {
  const ended = new AbortController();
  const stops = new Map<number, AbortController>();
  const running = new Set<Promise<void>>();

  const run = async (
    request: ChildRequest,
    tell: (news: ChildNews) => void,
  ): Promise<ThreadEnd> => {
    const { id, task, name, arguments: { length } } = request;
    if (stops.has(id)) throw new Error(`There is a child thread with the number ${id} already`);
    limits.addChild(length);
    const stop = new AbortController();
    const unlink = abortWith(stop, [signal, ended.signal]);
    stops.set(id, stop);
    try {
      return await superviseChild(
        { plan: planChild(parent, request), task, name },
        stop.signal,
        ({ state }, thread) => tell({ type: "state", state, thread }),
      );
    } catch (error) {
      if (stop.signal.aborted) return { type: "stopped" };
      throw error;
    } finally {
      unlink();
      limits.removeChild(length);
      stops.delete(id);
    }
  };

  return {
    take(command: ChildCommand, tell) {
      if ("stop" in command) return stops.get(command.stop)?.abort();
      const { id } = command;
      const tellNews = (news: ChildNews) => tell({ type: "child", id, news });
      const child = run(command, tellNews)
        .catch((error): ThreadEnd => ({ type: "failed", error: errorMessage(error) }))
        .then(tellNews);
      running.add(child);
      void child.then(() => running.delete(child));
    },
    async stop() {
      ended.abort();
      await Promise.all(running);
    },
  };
}

function omitSchedule({ schedule: _, ...policy }: ThreadPlan["policy"]): ThreadPlan["policy"] {
  return policy;
}

/** A child is what its parent is but for its task. It is run once: whether it is started again is for its parent to decide. */
function planChild(parent: ThreadPlan, { task, pool, arguments: given }: ChildRequest): ThreadPlan {
  return {
    ...parent,
    pool,
    assignment: { ...parent.assignment, task: { type: "task", name: task, arguments: given } },
    policy: { ...omitSchedule(parent.policy), restart: "never" },
  };
}
