/** A thread at the other end: of a raw channel, of the state, or of a Yjs document. It answers each order once done. */
import * as Y from "yjs";
import { StateCopy } from "../../../lib/state/mod.ts";

/** What it is told. `name` is the channel's. */
export type Order =
  /** Join a channel; the answer for the state is how long that took, ms. */
  | { do: "raw" | "yjs"; name: string }
  | { do: "state"; port: MessagePort }
  /** Answer as soon as `count` messages, or changes, have arrived. */
  | { do: "count"; count: number }
  /** Answer as soon as `key` holds `value`. */
  | { do: "see"; key: string; value: number }
  /** Answer as soon as all keys hold these values. */
  | { do: "equal"; values: Record<string, number> }
  /** Send back each value that comes under `ping`, as `pong`. */
  | { do: "echo" }
  | { do: "close" };

const MAP = "Bench";
let raw: BroadcastChannel | undefined;
let state: StateCopy | undefined;
let values: ReadonlyMap<string, unknown> = new Map();
let arrived = 0;
let onArrival = () => {};
let onValue = (_key: string, _value: unknown) => {};
let leave = () => {};

function arrive(key: string, value: unknown): void {
  arrived++;
  onValue(key, value);
  onArrival();
}

function joinRaw(name: string): void {
  const held = new Map<string, unknown>();
  values = held;
  raw = new BroadcastChannel(name);
  raw.onmessage = ({ data: [key, value] }) => {
    held.set(key, value);
    arrive(key, value);
  };
  leave = () => raw!.close();
}

async function joinState(port: MessagePort): Promise<number> {
  const begin = performance.now();
  state = new StateCopy({ thread: "receiver", port });
  await state.ready;
  const took = performance.now() - begin;
  values = state.map(MAP);
  state.map(MAP).onChange(({ key, value }) => arrive(key, value));
  leave = () => state!.close();
  return took;
}

/** Yjs over the channel; what was lost is asked for every 20 ms, with the state vector, until nothing comes. */
function joinYjs(name: string): void {
  const document = new Y.Doc();
  const map = document.getMap<number>(MAP);
  const channel = new BroadcastChannel(name);
  values = map as unknown as ReadonlyMap<string, unknown>;
  channel.onmessage = ({ data }) => {
    if (data instanceof Uint8Array) Y.applyUpdate(document, data);
    onArrival();
  };
  const timer = setInterval(() => channel.postMessage([Y.encodeStateVector(document)]), 20);
  leave = () => {
    clearInterval(timer);
    channel.close();
  };
}

function until(isDone: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    onArrival = () => {
      if (!isDone()) return;
      onArrival = () => {};
      resolve();
    };
    onArrival();
  });
}

async function obey(order: Order): Promise<unknown> {
  switch (order.do) {
    case "raw":
      return joinRaw(order.name);
    case "state":
      return await joinState(order.port);
    case "yjs":
      return joinYjs(order.name);
    case "count":
      await until(() => arrived >= order.count);
      arrived -= order.count;
      return;
    case "see":
      return await until(() => values.get(order.key) === order.value);
    case "equal":
      return await until(() =>
        Object.entries(order.values).every(([key, value]) => values.get(key) === value)
      );
    case "echo":
      onValue = (key, value) => {
        if (key !== "ping") return;
        if (raw) raw.postMessage(["pong", value]);
        else state!.map(MAP).set("pong", value);
      };
      return;
    case "close":
      return leave();
  }
}

self.onmessage = async ({ data }: MessageEvent<Order>) => self.postMessage(await obey(data));
