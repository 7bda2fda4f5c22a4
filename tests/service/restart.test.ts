import { assertEquals, assertRejects } from "@std/assert";
import { ManualClock } from "../../lib/base/mod.ts";
import { ServiceError } from "../../lib/service/error.ts";
import {
  NO_PROGRESS,
  type Progress,
  type ServiceState,
  timeLimits,
} from "../../lib/service/manager.ts";
import { ChangingServiceManager } from "../../lib/service/restart.ts";

/** Shows the given states of a service one after the other (the last one for ever) and notes what is asked. */
class Showing extends ChangingServiceManager {
  readonly asked: string[] = [];
  readonly #states: (ServiceState | undefined)[];
  #shown = 0;

  constructor(readonly time: ManualClock, ...states: (ServiceState | undefined)[]) {
    super(time, timeLimits({}));
    this.#states = states;
  }

  query(): Promise<ServiceState | undefined> {
    return Promise.resolve(this.#states[Math.min(this.#shown++, this.#states.length - 1)]);
  }

  override change(change: string): Promise<void> {
    this.asked.push(change);
    return Promise.resolve();
  }

  progress(): Progress {
    return NO_PROGRESS;
  }
}

function showing(...states: (ServiceState | undefined)[]) {
  return new Showing(new ManualClock(), ...states);
}

async function restartWithin(ms: number, shown: Showing, seen?: ServiceState): Promise<boolean> {
  const done = shown.restart("icinga2", undefined, seen);
  done.catch(() => {});
  await shown.time.advance(ms);
  return await Promise.race([done, Promise.reject(new Error(`it still waits after ${ms} ms`))]);
}

Deno.test("a stopped service is started", async () => {
  const controls = showing("STOPPED", "RUNNING");
  await restartWithin(0, controls);
  assertEquals(controls.asked, ["start"]);
});

Deno.test("a running service is stopped and started, each pending state waited for", async () => {
  const controls = showing("RUNNING", "STOP_PENDING", "STOPPED", "START_PENDING", "RUNNING");
  await restartWithin(500, controls);
  assertEquals(controls.asked, ["stop", "start"]);
});

Deno.test("a service that was seen stopped and runs by now is left alone, which the result says", async () => {
  for (const states of [["RUNNING"], ["START_PENDING", "RUNNING"]] as ServiceState[][]) {
    const controls = showing(...states);
    assertEquals(await restartWithin(250, controls, "STOPPED"), false);
    assertEquals(controls.asked, []);
  }
  assertEquals(await restartWithin(0, showing("STOPPED", "RUNNING"), "STOPPED"), true);
});

Deno.test("a service that comes up by itself is left alone", async () => {
  const controls = showing("START_PENDING", "START_PENDING", "RUNNING");
  await restartWithin(750, controls);
  assertEquals(controls.asked, []);
});

Deno.test("a service that is stopping is awaited, then started", async () => {
  const controls = showing("STOP_PENDING", "STOPPED", "RUNNING");
  await restartWithin(250, controls);
  assertEquals(controls.asked, ["start"]);
});

Deno.test("a paused service is continued", async () => {
  const controls = showing("PAUSE_PENDING", "PAUSED", "CONTINUE_PENDING", "RUNNING");
  await restartWithin(500, controls);
  assertEquals(controls.asked, ["continue"]);
});

Deno.test("a paused service that does not continue is stopped and started", async () => {
  const controls = showing("PAUSED", "PAUSED", "STOPPED", "RUNNING");
  await restartWithin(0, controls);
  assertEquals(controls.asked, ["continue", "stop", "start"]);
});

Deno.test("a paused service that refuses to continue is stopped and started", async () => {
  const controls = showing("PAUSED", "PAUSED", "STOPPED", "RUNNING");
  const willing = controls.change.bind(controls);
  controls.change = (change) =>
    change === "continue"
      ? Promise.reject(ServiceError.ofCode("continue", "icinga2", 1052))
      : willing(change);
  await restartWithin(0, controls);
  assertEquals(controls.asked, ["stop", "start"]);
});

Deno.test("a service that ends as soon as it is started has crashed", async () => {
  for (const states of [["STOPPED"], ["STOPPED", "START_PENDING", "STOPPED"]] as ServiceState[][]) {
    const controls = showing(...states);
    const error = await assertRejects(() => restartWithin(250, controls), ServiceError);
    assertEquals([error.kind, error.code], ["crashed", 1067]);
    assertEquals(controls.asked, ["start"]);
  }
});

Deno.test("a service that stays paused is given up", async () => {
  const error = await assertRejects(() => restartWithin(0, showing("PAUSED")), ServiceError);
  assertEquals(error.kind, "failed");
});

Deno.test("a service that stays pending is given up at the limit, and not before", async () => {
  await assertRejects(
    () => restartWithin(59_000, showing("STOP_PENDING")),
    Error,
    "it still waits",
  );
  const error = await assertRejects(
    () => restartWithin(61_000, showing("STOP_PENDING")),
    ServiceError,
    "it is still STOP_PENDING after 1m",
  );
  assertEquals(error.kind, "timeout");
});

Deno.test("the limit counts anew after each change", async () => {
  const controls = showing("RUNNING");
  const clock = controls.time;
  let state: ServiceState = "RUNNING";
  controls.query = () => Promise.resolve(state);
  controls.change = (change) => {
    const [pending, then] = change === "stop"
      ? ["STOP_PENDING", "STOPPED"] as const
      : ["START_PENDING", "RUNNING"] as const;
    state = pending;
    clock.sleep(50_000).then(() => state = then);
    return Promise.resolve();
  };
  const done = controls.restart("icinga2");
  await clock.advance(102_000);
  assertEquals([await done, state], [true, "RUNNING"]);
});

Deno.test("the limit counts anew after each step that the service tells of", async () => {
  let checkpoint = 0;
  const controls = showing("START_PENDING");
  const clock = controls.time;
  controls.progress = () => ({ checkpoint, waitHint: 0 });
  let error: unknown;
  controls.restart("icinga2").catch((e) => error = e);
  for (; checkpoint < 5; checkpoint++) await clock.advance(50_000);
  assertEquals(error, undefined);
  await clock.advance(62_000);
  assertEquals((error as ServiceError).kind, "timeout");
});

Deno.test("a pending service is looked at after 250 ms, then less and less often, at last every second", async () => {
  const looks: number[] = [];
  const controls = showing();
  const clock = controls.time;
  controls.query = () => {
    looks.push(clock.now());
    return Promise.resolve(looks.length < 6 ? "START_PENDING" : "RUNNING");
  };
  const done = controls.restart("icinga2");
  await clock.advance(10_000);
  await done;
  assertEquals(looks, [0, 250, 750, 1750, 2750, 3750]);
});

Deno.test("a service that is not installed cannot be restarted", async () => {
  const error = await assertRejects(() => restartWithin(0, showing(undefined)), ServiceError);
  assertEquals(error.kind, "not-installed");
});

Deno.test("an error of a query, a start or a stop ends the restart", async () => {
  for (const [state, change] of [["STOPPED", "start"], ["RUNNING", "stop"]] as const) {
    const controls = showing(state);
    controls.change = () => Promise.reject(ServiceError.ofCode(change, "icinga2", 5));
    const error = await assertRejects(() => restartWithin(0, controls), ServiceError);
    assertEquals([error.kind, error.action], ["access-denied", change]);
  }
  const mute = showing();
  mute.query = () => Promise.reject(new Error("no answer"));
  await assertRejects(() => restartWithin(0, mute), Error, "no answer");
});

Deno.test("an abort ends the wait with its reason", async () => {
  const abort = new AbortController();
  const controls = showing("START_PENDING");
  const clock = controls.time;
  const done = controls.restart("icinga2", abort.signal);
  done.catch(() => {});
  await clock.advance(100);
  abort.abort(new Error("shutting down"));
  await assertRejects(() => done, Error, "shutting down");
  assertEquals(clock.sleeping, 0);
});
