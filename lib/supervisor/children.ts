import { errorMessage } from "../base/mod.ts";
import type { ChildNews, ChildRequest } from "../daemon/protocol.ts";
import type { ThreadPlan } from "./plan.ts";
import type { Children, ThreadChange, ThreadEnd } from "./supervise.ts";
import type { ChildWish } from "./thread.ts";

/** Children that one thread may have at a time, those that wait for a place in a pool included. */
export const MOST_CHILDREN = 1_000;

/**
 * Supervises a child thread.
 *
 * @param name the third part of its name.
 * @throws {Error} when it cannot be: there is no such pool.
 */
export type SuperviseChild = (
  child: { plan: ThreadPlan; task: string; name: string },
  signal: AbortSignal,
  onChange: (change: ThreadChange, thread: string) => void,
) => Promise<ThreadEnd>;

/** Opens the family of one run of a thread. */
export function openChildren(parent: ThreadPlan, superviseChild: SuperviseChild): Children {
  const end = new AbortController();
  const stops = new Map<number, AbortController>();
  const running = new Set<Promise<void>>();

  const start = async (request: ChildRequest, tell: (news: ChildNews) => void) => {
    const refusal = refuse(request, stops);
    if (refusal !== undefined) return tell({ type: "error", error: refusal });
    const stop = new AbortController();
    stops.set(request.id, stop);
    try {
      const thread = await superviseChild(
        { plan: planChild(parent, request), task: request.task, name: request.name },
        AbortSignal.any([end.signal, stop.signal]),
        ({ state }, thread) => tell({ type: "state", state, thread }),
      );
      tell(newsOf(thread));
    } catch (error) {
      tell({ type: "error", error: errorMessage(error) });
    } finally {
      stops.delete(request.id);
    }
  };

  return {
    take(wish: ChildWish, tell) {
      if ("stop" in wish) return stops.get(wish.stop)?.abort();
      const { id } = wish;
      const child = start(wish, (news) => tell({ type: "child", id, news }));
      running.add(child);
      void child.then(() => running.delete(child));
    },
    async stop() {
      end.abort();
      await Promise.all(running);
    },
  };
}

/** Why a child is not started; undefined when it is. */
function refuse(
  { id }: ChildRequest,
  running: ReadonlyMap<number, unknown>,
): string | undefined {
  if (running.has(id)) return `There is a child thread with the number ${id} already`;
  if (running.size < MOST_CHILDREN) return undefined;
  return `A thread may have ${MOST_CHILDREN} child threads at a time, those that wait included`;
}

/** A child is what its parent is but for its task; it is run once, and its end is its parent's affair. */
function planChild(parent: ThreadPlan, { task, pool, arguments: given }: ChildRequest): ThreadPlan {
  return {
    ...parent,
    pool,
    assignment: { ...parent.assignment, task: { type: "task", name: task, arguments: given } },
    policy: { ...parent.policy, restart: "never" },
  };
}

function newsOf(end: ThreadEnd): ChildNews {
  switch (end.type) {
    case "finished":
      return { type: "result", result: end.result };
    case "failed":
      return { type: "error", error: end.error };
    case "stopped":
      return { type: "error", error: "The thread was stopped" };
  }
}
