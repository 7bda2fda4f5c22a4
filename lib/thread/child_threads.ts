import type { ThreadHandle, ThreadOptions, ThreadState } from "../daemon/mod.ts";
import { type ChildNews, type FromThread, isName, pack, unpack } from "./protocol.ts";

/** The child threads that one thread has started. */
export class ChildThreads {
  readonly #tell: (message: FromThread) => void;
  readonly #children = new Map<number, Child>();
  #last = 0;

  /** @param tell sends a message to the agent. */
  constructor(tell: (message: FromThread) => void) {
    this.#tell = tell;
  }

  /**
   * Asks the agent for a child thread.
   *
   * @throws {TypeError} when the arguments cannot be cloned, or take more than 1 MB.
   */
  start<R>(task: string, options: ThreadOptions = {}): ThreadHandle<R> {
    const { name = "Main", pool = "MainPool" } = options;
    const bytes = pack(options.arguments, "the arguments of a thread");
    const id = ++this.#last;
    const child = new Child(() => this.#tell({ type: "stop-child", id }));
    const refusal = refuseName("task", task) ?? refuseName("thread", name) ??
      refuseName("pool", pool);
    if (refusal !== undefined) child.take({ type: "failed", error: refusal });
    else {
      this.#children.set(id, child);
      this.#tell({ type: "start-child", request: { id, task, name, pool, arguments: bytes } });
    }
    return child as unknown as ThreadHandle<R>;
  }

  /** Handles a message of the agent about one of them. */
  take(id: number, news: ChildNews): void {
    const child = this.#children.get(id);
    child?.take(news);
    if (news.type !== "state") this.#children.delete(id);
  }
}

/** Why there is no task, thread or pool of a name; undefined when there may be. */
function refuseName(what: string, name: unknown): string | undefined {
  if (isName(name)) return undefined;
  const shown = String(name);
  const start = shown.length > 40 ? `${shown.slice(0, 40)}…` : shown;
  return `A ${what} cannot be named '${start}'; expected letters, digits and _, a letter first, at most 64`;
}

class Child implements ThreadHandle {
  readonly result: Promise<unknown>;
  readonly stop: () => void;
  status: ThreadState = "waiting";
  thread: string | undefined;
  readonly #end = Promise.withResolvers<unknown>();

  constructor(stop: () => void) {
    this.stop = stop;
    this.result = this.#end.promise;
    // Who does not wait for the result is not to fail for it.
    this.result.catch(() => {});
  }

  take(news: ChildNews): void {
    if (news.type === "state") {
      this.status = news.state;
      this.thread = news.thread;
      return;
    }
    this.status = news.type;
    try {
      if (news.type === "stopped") throw new Error("The thread was stopped");
      if (news.type === "failed") throw new Error(news.error);
      this.#end.resolve(news.result && unpack(news.result));
    } catch (error) {
      this.#end.reject(error);
    }
  }
}
