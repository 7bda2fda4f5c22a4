import type { FromThread, Question, ToThread } from "./protocol.ts";

/** The questions of a thread to the agent that have no answer yet. */
export class Asks {
  readonly #tell: (message: FromThread) => void;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #last = 0;

  /** @param tell sends a message to the agent. */
  constructor(tell: (message: FromThread) => void) {
    this.#tell = tell;
  }

  /**
   * Asks the agent.
   *
   * @throws {Error} what the agent says why there is no answer.
   */
  ask(what: Question): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>();
    const id = ++this.#last;
    this.#waiting.set(id, answer);
    this.#tell({ type: "ask", id, what });
    return answer.promise;
  }

  /** Takes what the agent answers. */
  take({ id, value, error }: ToThread & { type: "answer" }): void {
    const answer = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) answer?.resolve(value);
    else answer?.reject(new Error(error));
  }
}
