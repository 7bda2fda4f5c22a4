/**
 * The entry of every thread: it joins the public state, imports the daemon's module and runs it. Its log
 * records and how it ended go to the agent as messages, its heartbeat through shared memory.
 *
 * @module
 */
import { describeProblem, systemClock } from "../base/mod.ts";
import { limitLog } from "../log/mod.ts";
import type { ServiceManager, ServiceManagerPlan } from "../service/mod.ts";
import { type PublicState, StateCopy } from "../state/mod.ts";
import {
  createContext,
  createDaemonLog,
  type DaemonContext,
  type DaemonDefinition,
  type DaemonLog,
  type Disk,
  mayWrite,
  programRunner,
  readArguments,
} from "../daemon/mod.ts";
import { Asks } from "./asks.ts";
import { ChildThreads } from "./child_threads.ts";
import { HiddenTexts } from "./hidden.ts";
import { loadDaemon } from "./load.ts";
import {
  type Assignment,
  cutText,
  type FromThread,
  pack,
  type ToThread,
  unpack,
} from "./protocol.ts";
import {
  Heartbeat,
  heartbeatClock,
  heartbeatInterval,
  type HeartbeatSender,
  startHeartbeat,
} from "./heartbeat.ts";
import { describeFailure, describeThrown } from "./describe_error.ts";
import { catchUncaught } from "./uncaught_output.ts";
// Services are imported where they are used: every thread starts as soon as its modules are loaded.

const stop = new AbortController();

/** What a daemon's writes may do to others, who all read them: above that they travel together. */
const WRITE_RATE = {
  burst: 500,
  perSecond: 100,
  bytesBurst: 1_048_576,
  bytesPerSecond: 1_048_576,
};

/** The last writes travel on another port than how the thread ended, and are to be there when somebody hears of that, ms. */
const HEAD_START = 5;

/** Taken before the daemon's module is loaded, which may do with the globals what it likes. */
const post: (message: FromThread) => void = self.postMessage.bind(self);
const { setTimeout } = globalThis;
const children = new ChildThreads(post);
const asks = new Asks(post);
const hidden = new HiddenTexts();
let takeArguments: (given: Record<string, unknown>) => void = () => {};
let sender: HeartbeatSender | undefined;

self.addEventListener("message", ({ data }: MessageEvent<ToThread>) => {
  switch (data.type) {
    case "start":
      if (sender) return; // A daemon's own event.
      sender = startHeartbeat(
        new Heartbeat(data.heartbeat),
        heartbeatInterval(data.assignment.frozenAfter),
      );
      return void work(data.assignment, data.port, sender);
    case "stop":
      return stop.abort(new DOMException("The daemon is to stop", "AbortError"));
    case "beat":
      return sender?.beat();
    case "child":
      return children.take(data.id, data.news);
    case "arguments":
      return takeArguments(data.arguments);
    case "answer":
      return asks.take(data);
  }
});

/** @param port to the agent's copy of the public state. */
async function work(
  assignment: Assignment,
  port: MessagePort,
  sender: HeartbeatSender,
): Promise<void> {
  const { thread } = assignment;
  const records = limitLog(
    ({ level, message, time }) => post({ type: "log", level, message, time }),
    performance.now.bind(performance),
  );
  const log = createDaemonLog(
    assignment.logLevel,
    (level, text) => {
      const message = cutText(hidden.hide(text));
      records.write({ time: Date.now(), level, source: thread, message });
    },
  );
  catchUncaught({
    print: (level, text) => log[level](text),
    fail: (error, leaves) => {
      if (!leaves) log.debug(error);
      const text = leaves ? describeThrown(error) : describeFailure(error, assignment.home);
      post({ type: "failed", error: hidden.hide(text), leaves });
    },
  });
  const onHeld = (held: number) => {
    const { perSecond, bytesPerSecond } = WRITE_RATE;
    const rate = `${perSecond} or ${bytesPerSecond / 1_048_576} MB a second`;
    log.warning(
      `Held back ${held} messages of the public state: more than ${rate}; the last values have travelled`,
    );
  };
  const state = new StateCopy({
    thread,
    port,
    mayWrite,
    onProblem: log.debug,
    pace: { ...WRITE_RATE, onHeld },
    onHeard: () => sender.onWake(0),
  });
  // The daemon's module may change the globals: it is loaded when the channel is open.
  await state.opened;
  const outcome = await run(assignment, state, log, sender);
  state.close();
  records.flush();
  await new Promise((resolve) => setTimeout(resolve, HEAD_START));
  post(outcome);
}

async function run(
  assignment: Assignment,
  state: PublicState,
  log: DaemonLog,
  sender: HeartbeatSender,
): Promise<FromThread> {
  try {
    const definition = await loadDaemon(assignment.module);
    const context = await createOwnContext(definition, assignment, state, log, sender);
    await state.ready;
    post({ type: "running", hasHook: definition.onTerminate !== undefined });
    return await runTask(definition, context, assignment);
  } catch (error) {
    if (stop.signal.aborted) return { type: "finished" };
    log.debug(error);
    return { type: "failed", error: hidden.hide(describeFailure(error, assignment.home)) };
  }
}

/** @throws {Error} when its arguments are wrong. */
async function createOwnContext(
  definition: DaemonDefinition,
  { daemon, thread, home, arguments: given, services, serviceManager }: Assignment,
  state: PublicState,
  log: DaemonLog,
  sender: HeartbeatSender,
): Promise<DaemonContext> {
  const { values, problems } = readArguments(definition.arguments ?? {}, given);
  if (problems.length > 0) {
    throw new Error(`Cannot use its arguments: ${problems.map(describeProblem).join(", and ")}`);
  }
  const context = createContext({
    daemon,
    thread,
    home,
    state,
    log,
    maps: definition.maps,
    signal: stop.signal,
    arguments: values,
    services: services ? await openServices(serviceManager) : undefined,
    mode: serviceManager.mode,
    endProcess: (service) => post({ type: "end-process", what: service }),
    runProgram: programRunner((pid) => post({ type: "end-process", what: pid })),
    secret: async (name) => {
      const secret = String(await asks.ask({ about: "secret", name: String(name) }));
      hidden.add(secret);
      return secret;
    },
    disks: async () => await asks.ask({ about: "disks" }) as Disk[],
    startThread: (task, options) => children.start(task, options),
    clock: heartbeatClock(systemClock, sender),
    onArguments: () => post({ type: "takes-arguments" }),
  });
  takeArguments = (given) =>
    context.change(readArguments(definition.arguments ?? {}, given).values);
  return context;
}

async function openServices(plan: ServiceManagerPlan): Promise<ServiceManager> {
  const { createServiceManager } = await import("../service/mod.ts");
  return createServiceManager(plan, systemClock, (pid) => post({ type: "end-process", what: pid }));
}

/** Only a task has a result, for the thread that started it. */
async function runTask(
  definition: DaemonDefinition,
  context: DaemonContext,
  { task }: Assignment,
): Promise<FromThread> {
  switch (task.type) {
    case "run":
      await definition.run(context);
      return { type: "finished" };
    case "task": {
      const { tasks = {} } = definition;
      if (!Object.hasOwn(tasks, task.name)) {
        throw new Error(`Daemon '${definition.name}' has no task '${task.name}'`);
      }
      return packResult(await tasks[task.name]!(context, unpack(task.arguments)));
    }
    case "onTerminate":
      await definition.onTerminate?.(context, task);
      return { type: "finished" };
  }
}

function packResult(value: unknown): FromThread {
  try {
    return { type: "finished", result: pack(value, "the results of a thread") };
  } catch (error) {
    return { type: "failed", error: `its result cannot be passed on: ${describeThrown(error)}` };
  }
}
