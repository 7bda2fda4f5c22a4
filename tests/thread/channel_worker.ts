/**
 * A thread as a daemon finds it, that has joined a state; what can be replaced in it is replaced, and whatever passes by
 * is looked at: posts what gave away the channel, or the port, of the state.
 *
 * @module
 */
import { realClock } from "../../lib/state/state.ts";
import { StateCopy } from "../../lib/state/copy.ts";
import { closeRealm } from "../../lib/thread/realm.ts";

const post = self.postMessage.bind(self);
const { getOwnPropertyDescriptor, getPrototypeOf, defineProperty } = Object;
const { apply, construct, ownKeys } = Reflect;
const { WeakSet } = globalThis;
const [has, add] = [WeakSet.prototype.has, WeakSet.prototype.add];
const { BroadcastChannel, MessagePort } = globalThis;
const inChannel = BroadcastChannel[Symbol.hasInstance].bind(BroadcastChannel);
const inPort = MessagePort[Symbol.hasInstance].bind(MessagePort);
const test = RegExp.prototype.exec.call.bind(RegExp.prototype.exec);

/** A call, as V8 shows it to `Error.prepareStackTrace`. */
interface CallSite {
  getThis(): unknown;
}

/** The channel's name is one of these. */
const SECRET = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/;

let found = "";
let calls = 0;
let traces = 0;
let isLooking = false;

function look(where: string, value: unknown): void {
  if (found !== "") return;
  if (
    typeof value === "string" ? test(SECRET, value) !== null : inChannel(value) || inPort(value)
  ) {
    found = where;
  }
}

/** Runs `replaced` in place of a function, and looks at what is given to it. */
function watched(where: string, original: (...given: unknown[]) => unknown) {
  return function (this: unknown, ...given: unknown[]): unknown {
    if (!isLooking) {
      isLooking = true;
      calls++;
      look(where, this);
      for (let i = 0; i < given.length; i++) look(where, given[i]);
      // The stack is a text, or what `prepareStackTrace` makes of it.
      if (calls < 2_000) void new Error().stack;
      isLooking = false;
    }
    return new.target ? construct(original, given, new.target) : apply(original, this, given);
  };
}

/** Replaces all functions that can be reached and replaced. Returns how many that were. */
function replaceAll(): number {
  const seen = new WeakSet();
  const waiting: [where: string, holder: object][] = [["", globalThis]];
  const replace: (() => void)[] = [];
  const visit = (where: string, value: unknown) => {
    if (value === null || typeof value !== "object" && typeof value !== "function") return;
    if (apply(has, seen, [value])) return;
    apply(add, seen, [value]);
    waiting.push([where, value]);
  };
  while (waiting.length > 0) {
    const [where, holder] = waiting.pop()!;
    visit(`${where}.__proto__`, getPrototypeOf(holder));
    for (const key of ownKeys(holder)) {
      const name = `${where}.${String(key)}`;
      const found = getOwnPropertyDescriptor(holder, key)!;
      visit(name, found.value);
      if (!found.configurable && !found.writable) continue;
      for (const part of ["value", "get", "set"] as const) {
        if (typeof found[part] !== "function") continue;
        // Classes stay: they are looked at by what their methods are given.
        if (part === "value" && (found.value.prototype !== undefined || key === "constructor")) {
          continue;
        }
        const changed = { ...found, [part]: watched(`${part} of ${name}`, found[part]) };
        replace.push(() => void defineProperty(holder, key, changed));
      }
    }
  }
  let replaced = 0;
  for (const one of replace) {
    try {
      one();
      replaced++;
    } catch {
      // It is locked.
    }
  }
  return replaced;
}

self.onmessage = async ({ data: port, ports }: MessageEvent<MessagePort>) => {
  // Its channel is taken for deaf, and opened anew, every 250 ms.
  const clock = {
    ...realClock,
    after: (ms: number, run: () => void) => realClock.after(ms / 100, run),
  };
  const started = performance.now();
  clock.now = () => 10_000 * (realClock.now() - started);
  const state = new StateCopy({ thread: "attacker", port: ports[0] ?? port, clock });
  await state.ready;
  closeRealm();
  const map = state.map<string, unknown>("M");
  const errors = Error as unknown as {
    prepareStackTrace?: (error: Error, sites: CallSite[]) => string;
  };
  errors.prepareStackTrace = (_, sites) => {
    for (let i = 0; i < sites.length; i++) {
      look("a call on the stack", sites[i]!.getThis());
      traces++;
    }
    return "";
  };
  const replaced = replaceAll();
  for (let i = 0; i < 40; i++) {
    map.set(`k${i}`, { i, list: [new Map([[1, new Date(5)]]), new Error("x")] });
    map.increment("n");
    map.update("u", (old) => [old]);
    map.delete(`k${i - 1}`);
    await new Promise<void>((resolve) => realClock.after(20, resolve));
  }
  isLooking = true;
  post({ found, replaced, calls, traces, heard: map.get("main") });
};
