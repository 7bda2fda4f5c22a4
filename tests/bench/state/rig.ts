import { setImmediate } from "node:timers/promises";
import { serialize } from "node:v8";
import { MainState, type StateChannel } from "../../../lib/state/mod.ts";
import type { Order } from "./receiver.ts";

/** The path of the map under measurement. */
export const MAP = "Bench";

/** A thread at the other end. */
export class Receiver {
  readonly #worker = new Worker(import.meta.resolve("./receiver.ts"), { type: "module" });
  readonly #answers: ((answer: unknown) => void)[] = [];

  constructor() {
    this.#worker.onmessage = ({ data }) => this.#answers.shift()!(data);
  }

  /** Gives it an order; resolves with its answer. */
  tell(order: Order): Promise<unknown> {
    this.#worker.postMessage(order, order.do === "state" ? [order.port] : []);
    return new Promise((resolve) => this.#answers.push(resolve));
  }

  /** Ends it. */
  async end(): Promise<void> {
    await this.tell({ do: "close" });
    this.#worker.terminate();
  }
}

/** A sender and its receivers over one channel: the raw one, or the state. */
export interface Rig {
  readonly receivers: readonly Receiver[];
  /** Sets a key at the other ends. */
  set(key: string, value: number | string): void;
  /** Calls back with each value of `pong`. */
  onPong(pong: (value: number) => void): void;
  end(): Promise<void>;
}

/** The raw channel: each `set` is a message, `[key, value]`. */
export async function rawRig(receivers: number): Promise<Rig> {
  const name = crypto.randomUUID();
  const channel = new BroadcastChannel(name);
  const all = Array.from({ length: receivers }, () => new Receiver());
  await Promise.all(all.map((receiver) => receiver.tell({ do: "raw", name })));
  return {
    receivers: all,
    set: (key, value) => channel.postMessage([key, value]),
    onPong: (pong) => {
      channel.onmessage = ({ data: [key, value] }) => {
        if (key === "pong") pong(value);
      };
    },
    end: async () => {
      await Promise.all(all.map((receiver) => receiver.end()));
      channel.close();
    },
  };
}

/** The state. */
export async function stateRig(receivers: number): Promise<Rig> {
  const state = new MainState({ thread: "sender" });
  const map = state.map<string, number | string>(MAP);
  const all = Array.from({ length: receivers }, () => new Receiver());
  await Promise.all(all.map((receiver) => joinState(state, receiver)));
  return {
    receivers: all,
    set: (key, value) => map.set(key, value),
    onPong: (pong) =>
      void map.onChange(({ key, value }) => {
        if (key === "pong") pong(value as number);
      }),
    end: async () => {
      await Promise.all(all.map((receiver) => receiver.end()));
      state.close();
    },
  };
}

/** The end of this turn of the event loop. */
export const turn = (): Promise<void> => setImmediate();

/** A channel of any messages; `bytes` is how many it has carried. */
export interface CountingChannel extends StateChannel {
  bytes: number;
  postMessage(message: unknown): void;
}

/** A channel that counts the bytes it carries, both ways. */
export function countingChannel(name: string): CountingChannel {
  const channel = new BroadcastChannel(name);
  const counting: CountingChannel = {
    bytes: 0,
    onmessage: null,
    postMessage: (message) => {
      counting.bytes += serialize(message).length;
      channel.postMessage(message);
    },
    close: () => channel.close(),
  };
  channel.onmessage = (event) => {
    counting.bytes += serialize(event.data).length;
    counting.onmessage?.(event);
  };
  return counting;
}

/** Has a receiver join a state; resolves with how long that took, ms. */
export async function joinState(state: MainState, receiver: Receiver): Promise<number> {
  const { port1, port2 } = new MessageChannel();
  state.connect(port1, "receiver");
  return await receiver.tell({ do: "state", port: port2 }) as number;
}
