import type { MessagePort as NodePort } from "node:worker_threads";

/**
 * What tells that a thread is gone: `terminate()` only asks for that, and Deno tells nobody when it is so. One end of a
 * channel goes to the thread, where nobody reads it; it closes with the thread, be that minutes later.
 */
export class Lifeline {
  /** The end that goes to the thread. */
  readonly far: MessagePort;
  readonly #near: MessagePort;

  /** It holds as long as the thread that is given its far end. */
  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#near = port1;
    this.far = port2;
  }

  /** Resolves when the thread is gone; to be asked once. Nothing is kept from its end by that. */
  async gone(): Promise<void> {
    const near = await asNodePort(this.#near);
    const gone = Promise.withResolvers<void>();
    near.once("close", gone.resolve);
    near.start();
    near.unref();
    await gone.promise;
    near.close();
  }
}

/**
 * Node.js' ports alone tell of their end, and a port that comes by one of them is one. They are loaded only when they
 * are needed, since they cost memory.
 */
async function asNodePort(port: MessagePort): Promise<NodePort> {
  const { receiveMessageOnPort } = await import("node:worker_threads");
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(port, [port]);
  const received = receiveMessageOnPort(port2 as unknown as NodePort);
  port1.close();
  port2.close();
  return received!.message;
}
