import { assertEquals } from "@std/assert";
import {
  advance,
  CONTROL,
  controlsAccepted,
  type ReportedStatus,
  settled,
  STARTING,
  STATE,
  type StateNumber,
  statusBytes,
  takeControl,
} from "../../lib/windows/service_status.ts";

const numbers = (status: ReportedStatus) => [...new Uint32Array(statusBytes(status).buffer)];

// SERVICE_STATUS (winsvc.h): type, state, accepted, Win32 exit code, the service's own, checkpoint, wait hint
const structures: [string, ReportedStatus, number[]][] = [
  ["starting", STARTING, [0x10, 2, 0, 0, 0, 1, 10_000]],
  ["starting, a sign later", advance(STARTING), [0x10, 2, 0, 0, 0, 2, 10_000]],
  ["running", settled(STATE.running), [0x10, 4, 0x107, 0, 0, 0, 0]],
  ["paused", settled(STATE.paused), [0x10, 7, 0x107, 0, 0, 0, 0]],
  ["stopped in order", settled(STATE.stopped), [0x10, 1, 0, 0, 0, 0, 0]],
  ["stopped by a crash", settled(STATE.stopped, 2), [0x10, 1, 0, 1066, 2, 0, 0]],
];

for (const [name, status, expected] of structures) {
  Deno.test(`the structure of a service that is ${name}`, () => {
    assertEquals(numbers(status), expected);
  });
}

const S = STATE;
const C = CONTROL;
const answers: [StateNumber, number, StateNumber, string | undefined][] = [
  [S.running, C.stop, S.stopPending, "stop"],
  [S.running, C.shutdown, S.stopPending, "stop"],
  [S.running, C.preshutdown, S.stopPending, "stop"],
  [S.paused, C.stop, S.stopPending, "stop"],
  [S.pausePending, C.stop, S.stopPending, "stop"],
  [S.stopPending, C.stop, S.stopPending, undefined],
  [S.stopPending, C.shutdown, S.stopPending, undefined],
  [S.stopped, C.stop, S.stopped, undefined],
  [S.running, C.pause, S.pausePending, "pause"],
  [S.paused, C.pause, S.paused, undefined],
  [S.stopPending, C.pause, S.stopPending, undefined],
  [S.paused, C.continue, S.continuePending, "continue"],
  [S.running, C.continue, S.running, undefined],
  [S.running, C.interrogate, S.running, undefined],
  [S.startPending, C.interrogate, S.startPending, undefined],
];

for (const [state, control, after, request] of answers) {
  Deno.test(`control ${control} in state ${state}: state ${after}, asks ${request}`, () => {
    const given = takeControl(settled(state), control);
    assertEquals([given.code, given.status.state, given.request], [0, after, request as never]);
  });
}

Deno.test("a control that the agent does not know is refused and changes nothing", () => {
  const status = settled(STATE.running);
  assertEquals(takeControl(status, 128), { code: 120, status });
});

Deno.test("only a service that is settled takes controls", () => {
  const accepting = Object.values(STATE).filter((state) => controlsAccepted(state) !== 0);
  assertEquals(accepting, [STATE.running, STATE.paused]);
});

Deno.test("only a pending state shows signs of life", () => {
  const moved = Object.values(STATE).filter((state) => advance(settled(state)).checkpoint === 1);
  assertEquals(moved, [
    STATE.startPending,
    STATE.stopPending,
    STATE.continuePending,
    STATE.pausePending,
  ]);
});
