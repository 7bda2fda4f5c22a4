import { assertEquals, assertMatch } from "@std/assert";
import { addressOf, pointerIn, wide } from "../../lib/windows/ffi/memory.ts";
import type { FromServiceThread, ToServiceThread } from "../../lib/windows/native_service.ts";
import { CONTROL, STATE } from "../../lib/windows/service_status.ts";
import { fail, failNull, fakeWindows, textOf } from "./fake_windows.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const STARTING = [STATE.startPending, 0, 1];

/** The service control manager, with the thread that speaks to it. */
class Manager {
  /** Each status that was reported: state, exit code of the service's own, checkpoint. */
  readonly reported: number[][] = [];
  /** What the thread has told the agent. */
  readonly told: FromServiceThread[] = [];
  /** Exit codes of the process. */
  readonly ended: number[] = [];
  /** The name that the thread has registered a handler for. */
  registered: string | undefined;
  takesStatus = true;
  readonly #dispatched = Promise.withResolvers<number>();
  #main: Deno.PointerObject | undefined;
  #handler: Deno.PointerValue = null;
  #tick = () => {};

  /** `service` is the name of the service as which it has started the process, if it has. */
  constructor(readonly service: string | undefined, readonly takesHandlers: boolean) {
    Object.assign(globalThis, {
      postMessage: (message: FromServiceThread) => this.told.push(message),
      setInterval: (tick: () => void, ms: number) => {
        assertEquals(ms, 1_000);
        this.#tick = tick;
      },
    });
  }

  dispatch(table: Bytes): Promise<number> {
    const isEnded = new BigUint64Array(table.buffer).slice(2).every((part) => part === 0n);
    assertEquals([textOfPointer(pointerIn(table)), isEnded], ["", true]);
    if (this.service === undefined) return Promise.resolve(fail(1063));
    this.#main = pointerIn(table, 8)!;
    return this.#dispatched.promise;
  }

  register(name: Bytes, handler: Deno.PointerValue): Deno.PointerValue {
    this.registered = textOf(name);
    this.#handler = handler;
    return this.takesHandlers ? Deno.UnsafePointer.create(0x77n) : failNull(126);
  }

  report(handle: Deno.PointerValue, status: Bytes): number {
    assertEquals(Deno.UnsafePointer.value(handle), 0x77n);
    const [, state, , , ownCode, checkpoint] = new Uint32Array(status.buffer);
    this.reported.push([state!, ownCode!, checkpoint!]);
    return this.takesStatus ? 1 : fail(6);
  }

  /** Starts the service, as Windows does on a thread of its own. */
  async start(): Promise<void> {
    while (!this.#main) await new Promise((resolve) => setTimeout(resolve));
    const name = wide(this.service!);
    const names = new BigUint64Array([addressOf(name)]);
    const parameters = ["u32", "pointer"] as const;
    new Deno.UnsafeFnPointer(this.#main as never, { parameters, result: "void" })
      .call(1, Deno.UnsafePointer.of(names));
  }

  control(control: number): number {
    const parameters = ["u32", "u32", "pointer", "pointer"] as const;
    return new Deno.UnsafeFnPointer(this.#handler as never, { parameters, result: "u32" })
      .call(control, 0, null, null);
  }

  tell(data: ToServiceThread): void {
    globalThis.onmessage?.call(globalThis as never, new MessageEvent("message", { data }));
  }

  /** Lets so many seconds go by. */
  wait(seconds: number): void {
    for (let i = 0; i < seconds; i++) this.#tick();
  }

  end(): void {
    this.#dispatched.resolve(1);
  }
}

const textOfPointer = (pointer: Deno.PointerValue) =>
  pointer && new Deno.UnsafePointerView(pointer).getUint16() === 0 ? "" : "a name";

let manager: Manager;

fakeWindows({
  StartServiceCtrlDispatcherW: (table: Bytes) => manager.dispatch(table),
  RegisterServiceCtrlHandlerExW: (name: Bytes, handler: Deno.PointerValue) =>
    manager.register(name, handler),
  SetServiceStatus: (handle: Deno.PointerValue, status: Bytes) => manager.report(handle, status),
  GetCurrentProcess: () => null,
  TerminateProcess: (_: Deno.PointerValue, code: number) => manager.ended.push(code),
});

let threads = 0;

/** A case with a thread of its own: its entry runs here, where only the test moves the time. */
function threadTest(
  name: string,
  service: string | undefined,
  test: (manager: Manager, ended: Promise<unknown>) => Promise<void> | void,
  takesHandlers = true,
): void {
  Deno.test({
    name,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const { setInterval } = globalThis;
      manager = new Manager(service, takesHandlers);
      try {
        const entry = `../../lib/windows/service_thread.ts?${threads++}`;
        const ended = import(import.meta.resolve(entry));
        if (service === undefined) await ended;
        else await manager.start();
        await test(manager, ended);
        manager.end();
        await ended;
      } finally {
        Object.assign(globalThis, { setInterval, onmessage: null });
      }
    },
  });
}

threadTest("a process that is no service is told so", undefined, ({ told, reported }) => {
  assertEquals(told, [{ type: "no-service" }]);
  assertEquals(reported, []);
});

threadTest(
  "a service is starting until the agent runs, and over once it has stopped",
  "w ä",
  async (
    manager,
    ended,
  ) => {
    const { told, reported } = manager;
    assertEquals([manager.registered, told], ["w ä", [{ type: "started", service: "w ä" }]]);
    manager.tell({ state: STATE.running });
    manager.tell({ state: STATE.stopped, exitCode: 2 });
    assertEquals(reported, [STARTING, [STATE.running, 0, 0], [STATE.stopped, 2, 0]]);
    manager.end();
    await ended;
    assertEquals(told.at(-1), { type: "over" });
  },
);

threadTest("controls are answered at once, and the agent is asked for what they ask", "w", (
  manager,
) => {
  const { told, reported } = manager;
  manager.tell({ state: STATE.running });
  assertEquals(manager.control(CONTROL.pause), 0);
  manager.tell({ state: STATE.paused });
  assertEquals([manager.control(CONTROL.interrogate), manager.control(130)], [0, 120]);
  manager.control(CONTROL.stop);
  for (const state of [STATE.running, STATE.paused]) manager.tell({ state });
  assertEquals(told.slice(1), [
    { type: "request", request: "pause" },
    { type: "request", request: "stop" },
  ]);
  assertEquals(reported.slice(2), [
    [STATE.pausePending, 0, 1],
    ...[[STATE.paused, 0, 0], [STATE.paused, 0, 0]],
    [STATE.stopPending, 0, 1],
  ]);
  manager.tell({ state: STATE.stopped, exitCode: 0 });
  assertEquals(reported.at(-1), [STATE.stopped, 0, 0]);
});

threadTest("a start shows signs of life for a minute, and what is settled shows none", "w", (
  manager,
) => {
  manager.wait(100);
  assertEquals(manager.reported.length, 60);
  assertEquals(manager.reported.at(-1), [STATE.startPending, 0, 60]);
  manager.tell({ state: STATE.running });
  manager.wait(100);
  assertEquals([manager.reported.length, manager.ended], [61, []]);
});

threadTest("an agent that has not stopped after 25 s is ended as an error", "w", (manager) => {
  manager.tell({ state: STATE.running });
  manager.control(CONTROL.stop);
  manager.wait(24);
  assertEquals([manager.reported.at(-1), manager.ended], [[STATE.stopPending, 0, 25], []]);
  manager.wait(1);
  assertEquals([manager.reported.at(-1), manager.ended], [[STATE.stopped, 3, 0], [3]]);
});

threadTest("where Windows takes no handler the reason is told, and nothing is reported", "w", (
  manager,
) => {
  manager.wait(5);
  const [{ type, ...reason }] = manager.told as [FromServiceThread];
  assertEquals([type, manager.reported, manager.told.length], ["failed", [], 1]);
  assertMatch("error" in reason ? reason.error : "", /^Cannot register service 'w': .*126/);
}, false);

threadTest("a status that Windows does not take is told once", "w", (manager) => {
  manager.takesStatus = false;
  manager.wait(5);
  const problems = manager.told.slice(1);
  assertEquals(problems.length, 1);
  const [problem] = problems;
  assertMatch(
    problem?.type === "problem" ? problem.error : "",
    /^Cannot report the state of the service: /,
  );
});
