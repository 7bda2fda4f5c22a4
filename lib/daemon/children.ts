import type { ThreadState } from "./agent_state.ts";
import type { ChildNews, ChildRequest, FromThread } from "./protocol.ts";

/** How a child thread is to run. */
export interface ThreadOptions {
  /** Tells threads of one task apart; `Main` unless told. */
  name?: string;
  /** The thread pool of the configuration that it runs in; `MainPool` unless told. */
  pool?: string;
  /** What the task is given: anything that can be cloned. */
  arguments?: unknown;
}

/** A child thread. */
export interface ThreadHandle<R = unknown> {
  /**
   * What the task returned, as a copy.
   *
   * @throws {Error} when the task threw, was stopped, or there is no such task or pool.
   */
  readonly result: Promise<R>;
  /** Where the thread stands; `waiting` until there is a place in its pool. */
  readonly status: ThreadState;
  /** Its name; undefined until the agent has given it one. */
  readonly thread: string | undefined;
  /** Stops it, or takes it off the pool's queue; its `result` then rejects. */
  stop(): void;
}

/** The child threads that one thread has started. */
export class ChildThreads {
  readonly #tell: (message: FromThread) => void;
  readonly #children = new Map<number, Child>();
  #last = 0;

  /** @param tell takes what is for the agent. */
  constructor(tell: (message: FromThread) => void) {
    this.#tell = tell;
  }

  /** Asks the agent for a child thread. */
  start<R>(task: string, options: ThreadOptions = {}): ThreadHandle<R> {
    const { name = "Main", pool = "MainPool", arguments: given } = options;
    const id = ++this.#last;
    const child = new Child(() => this.#tell({ type: "stop-child", id }));
    this.#children.set(id, child);
    const request: ChildRequest = { id, task, name, pool, arguments: given };
    this.#tell({ type: "start-child", request });
    return child as unknown as ThreadHandle<R>;
  }

  /** Takes what the agent says of one of them. */
  take(id: number, news: ChildNews): void {
    const child = this.#children.get(id);
    child?.take(news);
    if (news.type !== "state") this.#children.delete(id);
  }
}

/** Where a thread stands when it is over. */
const ENDED: ReadonlySet<ThreadState> = new Set(["finished", "stopped", "failed"]);

class Child implements ThreadHandle {
  readonly result: Promise<unknown>;
  readonly stop: () => void;
  status: ThreadState = "waiting";
  thread: string | undefined;
  #isStopped = false;
  readonly #end = Promise.withResolvers<unknown>();

  constructor(stop: () => void) {
    this.stop = () => {
      this.#isStopped = true;
      stop();
    };
    this.result = this.#end.promise;
    // Who does not wait for the result is not to fail for it.
    this.result.catch(() => {});
  }

  take(news: ChildNews): void {
    switch (news.type) {
      case "state":
        this.status = news.state;
        this.thread = news.thread;
        return;
      case "result":
        return this.#end.resolve(news.result);
      case "error":
        if (!ENDED.has(this.status)) this.status = this.#isStopped ? "stopped" : "failed";
        return this.#end.reject(new Error(news.error));
    }
  }
}
