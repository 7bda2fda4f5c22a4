/**
 * What a daemon's module finds in its thread: the globals of Deno and of the web without the runtime's internals, without
 * what acts on the whole process, and without what threads share behind the agent's back.
 *
 * @module
 */

/** Taken before a daemon's module is loaded, which may change the globals. */
const { defineProperty, entries, getOwnPropertyDescriptor, getPrototypeOf } = Object;
const { apply, construct, get, ownKeys } = Reflect;
const { BroadcastChannel: channel } = globalThis;
const hasImport = Function.prototype.call.bind(RegExp.prototype.test, /import/) as (
  text: string,
) => boolean;

/** A function of any kind, called with anything. */
// deno-lint-ignore no-explicit-any -- it stands in the place of functions with signatures of their own
type Callable = (...args: any[]) => any;

const PROCESS_WIDE = "it changes the whole process";
const THREADS = "context.thread starts threads";
const SHARE = "share values by context.state";

/** What is not available in a daemon, by where it is found, and why, as a clause. */
const GLOBALS = {
  Worker: THREADS,
  BroadcastChannel: SHARE,
  MessageChannel: SHARE,
  postMessage: SHARE,
};
const URLS = { createObjectURL: "what it keeps outlives the thread" };
const DENO = {
  umask: PROCESS_WIDE,
  chdir: PROCESS_WIDE,
  addSignalListener: "context.signal tells that it is to stop",
  removeSignalListener: "context.signal tells that it is to stop",
};
const PROCESS = {
  abort: PROCESS_WIDE,
  binding: "the runtime's internals are closed",
  getBuiltinModule: "import Node.js' modules by their names",
  _rawDebug: "context.log writes to the agent's log",
  _getActiveHandles: "the runtime's internals are closed",
  _getActiveRequests: "the runtime's internals are closed",
};

/** Node.js' modules that lead neither to its process nor to its streams. */
const PLAIN =
  /^node:(?:assert|buffer|crypto|events|fs|os|path|querystring|string_decoder|timers|url|util)(?:\/|$)/;

let isClosed = false;

/**
 * Closes the realm of this thread: to be called once all that the thread's entry needs is loaded, and before the
 * daemon's module is.
 */
export function closeRealm(): void {
  if (isClosed) return;
  isClosed = true;
  const deno = Deno as unknown as Record<PropertyKey, unknown>;
  // Its operations end the process and read the environment without asking for a permission.
  Reflect.deleteProperty(Deno, deno["internal"] as symbol);
  refuseAll(globalThis, GLOBALS, "");
  refuseAll(URL, URLS, "URL.");
  refuseAll(Deno, DENO, "Deno.");
  spareAgent(deno as Record<string, Callable>, "kill", "Deno.");
  // A look for a graphics card loads its drivers into the process.
  defineProperty(WorkerNavigator.prototype, "gpu", { value: undefined });
  refuseImportInText();
  closeProcessWhenUsed();
  lockPrototypes();
}

/**
 * Closes what Node.js' modules lead to, when a module imports one of these: its process is loaded only then, since it
 * costs memory (Deno 2.9: 2 MB a thread).
 */
export function closeNodeModules(specifiers: readonly string[]): void {
  const leads = (name: string) => name.startsWith("node:") && !PLAIN.test(name);
  if (specifiers.some(leads)) get(globalThis, "process");
}

function refuseAll(target: object, reasons: Record<string, string>, prefix: string): void {
  for (const [name, reason] of entries(reasons)) {
    if (name in target) replace(target, name, refusing(prefix + name, reason));
  }
}

/** Puts something in the place of what a daemon is not to find, for good. */
function replace(target: object, name: string, value: Callable): void {
  defineProperty(target, name, { value, writable: false, configurable: false });
}

/** A function, or a class, that throws when it is called. */
function refusing(name: string, reason: string): Callable {
  return function refused(): never {
    throw new Error(`${name} is not available in a daemon: ${reason}`);
  };
}

/** A signal to the agent itself is refused: Deno 2.9 asks for no permission there. */
function spareAgent(target: Record<string, Callable>, name: string, prefix: string): void {
  const kill = target[name]!;
  const agent = Deno.pid;
  replace(target, name, (process: number, signal?: Deno.Signal) => {
    const id = process | 0;
    if (id === agent) {
      throw new Error(`${prefix}${name} is not available for the agent's own process`);
    }
    return apply(kill, target, [id, signal]);
  });
}

/**
 * A module's imports are checked before it is loaded (see imports.ts): what is compiled from text later on may hold
 * none. Text without the word has none, since a keyword cannot be written with escapes.
 */
function refuseImportInText(): void {
  // Text is made of each value once, so that none says something else the second time.
  const checked = (given: readonly unknown[]) => {
    const texts: string[] = [];
    for (let i = 0; i < given.length; i++) {
      const text = `${given[i]}`;
      if (hasImport(text)) {
        throw new Error("Code made from text is not available in a daemon where it says import");
      }
      defineProperty(texts, i, { value: text });
    }
    return texts;
  };
  const guarded = (compile: Callable) =>
    new Proxy(compile, {
      apply: (target, self, given) => apply(target, self, checked(given)),
      construct: (target, given, type) => construct(target, checked(given), type),
    });
  const makers = [
    function () {},
    async function () {},
    function* () {},
    async function* () {},
  ].map((sample) => getPrototypeOf(sample));
  const [base] = makers;
  const guardedFunction = guarded(base.constructor);
  for (const prototype of makers) {
    const maker = prototype.constructor;
    const value = maker === base.constructor ? guardedFunction : guarded(maker);
    // Otherwise the bare one would be found here.
    if (maker !== base.constructor) Object.setPrototypeOf(maker, guardedFunction);
    defineProperty(prototype, "constructor", { value, writable: false });
  }
  globalThis.Function = guardedFunction as FunctionConstructor;
  const { eval: evaluate } = globalThis;
  globalThis.eval = (text: unknown) =>
    typeof text === "string" ? evaluate(checked([text])[0]!) : text;
  // They take text as well.
  const global = globalThis as unknown as Record<string, Callable>;
  for (const name of ["setTimeout", "setInterval"]) {
    global[name] = new Proxy(global[name]!, {
      apply(target, self, given) {
        if (typeof given[0] !== "function") throw new TypeError("A timer needs a function");
        return apply(target, self, given);
      },
    });
  }
}

/** Node.js' process is made when it is first asked for (Deno 2.9), and is closed then. */
function closeProcessWhenUsed(): void {
  const found = getOwnPropertyDescriptor(globalThis, "process");
  if (!found) return;
  if (!found.get) return closeProcess(found.value);
  const make = found.get;
  let isMade = false;
  defineProperty(globalThis, "process", {
    get() {
      const process = apply(make, globalThis, []);
      if (!isMade) {
        isMade = true;
        closeProcess(process);
      }
      return process;
    },
    set: undefined,
    configurable: false,
  });
}

/** The handles of Node.js that open a file descriptor by its number. */
const OPENERS = { pipe_wrap: "Pipe", tcp_wrap: "TCP", udp_wrap: "UDP" } as const;

function closeProcess(process: Record<string, Callable>): void {
  // Deno 2.9 lets a socket open any descriptor of the process, such as another daemon's connection.
  for (const [module, name] of entries(OPENERS)) {
    const { prototype } = process.binding!(module)[name];
    const { open } = prototype;
    replace(prototype, "open", function (this: unknown, descriptor: number) {
      if (descriptor > 2) throw new Error("Descriptors are not available in a daemon");
      return apply(open, this, [descriptor]);
    });
  }
  refuseAll(process, PROCESS, "process.");
  for (const name of ["kill", "_kill"]) spareAgent(process, name, "process.");
}

/**
 * Keeps what the thread's own code calls from being replaced: a patched method would be handed its channel and its
 * ports, and their events.
 */
function lockPrototypes(): void {
  const classes = [EventTarget, Event, MessageEvent, MessagePort, channel, AbortSignal];
  for (const { prototype } of classes) {
    for (const key of ownKeys(prototype)) {
      const { configurable, writable } = getOwnPropertyDescriptor(prototype, key)!;
      // Classes in the manner of old assign their `constructor`.
      if (!configurable || key === "constructor") continue;
      const locked = { configurable: false, ...(writable && { writable: false }) };
      defineProperty(prototype, key, locked);
    }
  }
  // An event is given its data by assignment, and who resolves a promise with an object asks it for `then`: the runtime
  // does so with each message.
  const messages = [Object, Array, ArrayBuffer, Uint8Array, getPrototypeOf(Uint8Array)];
  for (const { prototype } of [...classes, ...messages]) Object.preventExtensions(prototype);
}
