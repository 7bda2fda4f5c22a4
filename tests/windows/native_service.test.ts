import { assert, assertEquals, assertRejects } from "@std/assert";
import { within } from "../../lib/base/mod.ts";
import {
  type FromServiceThread,
  isServiceChild,
  joinServiceManager,
  joinThrough,
  type ServiceThread,
  type ToServiceThread,
} from "../../lib/windows/native_service.ts";

const services = { pid: 7, parent: 1, exe: "Services.EXE" };

Deno.test("where the processes cannot be listed it is not known what has started one", () => {
  const fail = () => {
    throw new Error("Cannot list the processes");
  };
  assertEquals([isServiceChild(fail, 7, 1), isServiceChild(fail, 7, 2)], [undefined, undefined]);
});

Deno.test("services.exe starts an agent itself or by a program that runs services, and no further down", () => {
  const starts = (...names: string[]) => {
    const chain = names.map((exe, i) => ({ pid: 7 + i, parent: 6 + i, exe }));
    return ([1, 2] as const).map((steps) => isServiceChild(() => chain, 6 + names.length, steps));
  };
  assertEquals(starts("Services.EXE"), [true, true], "natively");
  assertEquals(starts("services.exe", "nssm.exe"), [false, true], "under NSSM, WinSW and the like");
  assertEquals(starts("services.exe", "winsw.exe", "cmd.exe"), [false, false]);
  assertEquals(starts("services.exe", "sshd.exe", "sshd.exe", "cmd.exe"), [false, false]);
  assertEquals(starts("explorer.exe", "cmd.exe"), [false, false]);
  assertEquals(isServiceChild(() => [services], 99, 2), false, "its parent has ended");
});

/** The thread that speaks to the service control manager; the test does that. */
class FakeThread implements ServiceThread {
  onmessage: ServiceThread["onmessage"] = null;
  onerror: ServiceThread["onerror"] = null;
  readonly told: ToServiceThread[] = [];
  ended = false;

  postMessage(message: ToServiceThread): void {
    this.told.push(message);
  }

  terminate(): void {
    this.ended = true;
  }

  say(data: FromServiceThread): void {
    this.onmessage?.call(this as unknown as Worker, new MessageEvent("message", { data }));
  }
}

Deno.test("a process that is no service is told so, and the thread ends", async () => {
  const thread = new FakeThread();
  const joining = joinThrough(thread);
  thread.say({ type: "no-service" });
  assertEquals([await joining, thread.ended], [undefined, true]);
});

Deno.test("where Windows takes no control handler the error names NSSM", async () => {
  const thread = new FakeThread();
  const joining = joinThrough(thread);
  thread.say({ type: "failed", error: "Cannot register service 'w'" });
  await assertRejects(
    () => joining,
    Error,
    "Cannot register service 'w'; install the service with '--with nssm'",
  );
  assertEquals(thread.ended, true);
});

Deno.test("when the thread fails the agent is asked to stop, and may end", async () => {
  const thread = new FakeThread();
  const joining = joinThrough(thread);
  thread.say({ type: "started", service: "w" });
  const service = (await joining)!;
  const taken: string[] = [];
  service.listen((request) => taken.push(request), (problem) => taken.push(problem));
  thread.onerror?.call(thread as unknown as Worker, new ErrorEvent("error", { message: "gone" }));
  assertEquals(taken, ["stop"]);
  await within(service.stopped(0), { ms: 20_000, late: () => assert(false, "it waits for ever") });
});

Deno.test("requests and problems that come before somebody takes them are not lost", async () => {
  const thread = new FakeThread();
  const joining = joinThrough(thread);
  thread.say({ type: "started", service: "w" });
  const service = (await joining)!;
  thread.say({ type: "request", request: "pause" });
  thread.say({ type: "problem", error: "Cannot report the state" });
  const taken: string[] = [];
  service.listen((request) => taken.push(request), (problem) => taken.push(problem));
  thread.say({ type: "request", request: "stop" });
  assertEquals(taken, ["pause", "Cannot report the state", "stop"]);
  const stopped = service.stopped(2);
  thread.say({ type: "over" });
  await stopped;
  assertEquals(thread.told, [{ state: 1, exitCode: 2 }]);
  assertEquals(thread.ended, true);
});

Deno.test("on another system than Windows there is no service control manager to join", {
  ignore: Deno.build.os === "windows",
}, async () => assertEquals(await joinServiceManager(), undefined));
