/**
 * The status that a service reports to the service control manager, what its controls change in it, and waiting for a
 * state; the numbers are those of winsvc.h.
 *
 * @module
 */
import type { Clock } from "../base/mod.ts";
import { ERROR_SERVICE_SPECIFIC_ERROR } from "./ffi/errors.ts";
import { dwords } from "./ffi/memory.ts";

/** `dwCurrentState`: SERVICE_STOPPED and so on. */
export const STATE = {
  stopped: 1,
  startPending: 2,
  stopPending: 3,
  running: 4,
  continuePending: 5,
  pausePending: 6,
  paused: 7,
} as const;

/** One of the seven states of a service. */
export type StateNumber = typeof STATE[keyof typeof STATE];

/** The controls that the agent takes: SERVICE_CONTROL_STOP and so on. */
export const CONTROL = {
  stop: 1,
  pause: 2,
  continue: 3,
  interrogate: 4,
  shutdown: 5,
  preshutdown: 15,
} as const;

// winnt.h
const SERVICE_WIN32_OWN_PROCESS = 0x10;
const SERVICE_ACCEPT_STOP = 0x1;
const SERVICE_ACCEPT_PAUSE_CONTINUE = 0x2;
const SERVICE_ACCEPT_SHUTDOWN = 0x4;
const SERVICE_ACCEPT_PRESHUTDOWN = 0x100;
// winerror.h
const NO_ERROR = 0;
const ERROR_CALL_NOT_IMPLEMENTED = 120;

/** How long the service control manager waits for the next checkpoint of a pending state, ms. */
export const WAIT_HINT = 10_000;

/** What a service reports of itself. */
export interface ReportedStatus {
  /** What it is doing. */
  state: StateNumber;
  /** Counts up while a state is pending: it shows progress. */
  checkpoint: number;
  /** Why it stopped: 0 in order, else the service's own code, so that the recovery actions fire. */
  exitCode: number;
}

/** What a control asks of the agent. */
export type ServiceRequest = "stop" | "pause" | "continue";

/** The status in which a service begins. */
export const STARTING: ReportedStatus = { state: STATE.startPending, checkpoint: 1, exitCode: 0 };

/** The status of a service in a state that is not pending. */
export function settled(state: StateNumber, exitCode = 0): ReportedStatus {
  return { state, checkpoint: 0, exitCode };
}

/** Whether a state leads to another: START_PENDING and the like. */
export function isPending(state: StateNumber): boolean {
  return state !== STATE.stopped && state !== STATE.running && state !== STATE.paused;
}

/** The status with the next checkpoint, if it is pending; any other does not change. */
export function advance(status: ReportedStatus): ReportedStatus {
  return isPending(status.state) ? { ...status, checkpoint: status.checkpoint + 1 } : status;
}

/** What a control does. */
export interface ControlResult {
  /** What the control handler returns: 0, or 120 for a control that the service does not know. */
  code: number;
  /** The status from now on. */
  status: ReportedStatus;
  /** What the agent is asked for, if anything. */
  request?: ServiceRequest;
}

/** What a control does in a status; the agent is asked for nothing when the status does not change. */
export function takeControl(status: ReportedStatus, control: number): ControlResult {
  switch (control) {
    case CONTROL.stop:
    case CONTROL.shutdown:
    case CONTROL.preshutdown:
      if (status.state === STATE.stopPending || status.state === STATE.stopped) break;
      return begin(STATE.stopPending, "stop");
    case CONTROL.pause:
      if (status.state !== STATE.running) break;
      return begin(STATE.pausePending, "pause");
    case CONTROL.continue:
      if (status.state !== STATE.paused) break;
      return begin(STATE.continuePending, "continue");
    case CONTROL.interrogate:
      break;
    default:
      return { code: ERROR_CALL_NOT_IMPLEMENTED, status };
  }
  return { code: NO_ERROR, status };
}

function begin(state: StateNumber, request: ServiceRequest): ControlResult {
  return { code: NO_ERROR, status: { state, checkpoint: 1, exitCode: 0 }, request };
}

/** The controls that a service takes in a state: Windows' `dwControlsAccepted`. */
export function controlsAccepted(state: StateNumber): number {
  return state === STATE.running || state === STATE.paused
    ? SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PAUSE_CONTINUE | SERVICE_ACCEPT_SHUTDOWN |
      SERVICE_ACCEPT_PRESHUTDOWN
    : 0;
}

/** A status as `SERVICE_STATUS`: seven numbers of 32 bits. */
export function statusBytes(
  { state, checkpoint, exitCode }: ReportedStatus,
): Uint8Array<ArrayBuffer> {
  const win32ExitCode = exitCode === 0 ? NO_ERROR : ERROR_SERVICE_SPECIFIC_ERROR;
  const accepted = controlsAccepted(state);
  const waitHint = isPending(state) ? WAIT_HINT : 0;
  return dwords(
    ...[SERVICE_WIN32_OWN_PROCESS, state, accepted, win32ExitCode, exitCode, checkpoint, waitHint],
  );
}

/** The state of a service (`SERVICE_STATUS_PROCESS`). */
export interface QueriedStatus {
  /** What it is doing. */
  state: StateNumber;
  /** Its process; 0 when there is none. */
  pid: number;
  /** Other services may run in the same process. */
  sharesProcess?: true;
  /** Windows' exit code; 1066: see `ownCode`. */
  exitCode: number;
  /** The service's own exit code. */
  ownCode: number;
}

/** Time between two queries while waiting, ms. */
const POLL = 200;

/** Whether a service is in no pending state, or not installed. */
export function isSettled(state: StateNumber | undefined): boolean {
  return state === undefined || !isPending(state);
}

/** Whether a service has stopped, or is not installed. */
export function hasStopped(state: StateNumber | undefined): boolean {
  return state === undefined || state === STATE.stopped;
}

/**
 * Waits at most `limit` ms until a service is in a wanted state; returns its last status, undefined when it is not
 * installed.
 */
export async function awaitState(
  { database, clock }: {
    database: { query(name: string): QueriedStatus | undefined };
    clock: Clock;
  },
  name: string,
  isWanted: (state: StateNumber | undefined) => boolean,
  limit: number,
): Promise<QueriedStatus | undefined> {
  for (const end = clock.now() + limit;; await clock.sleep(POLL)) {
    const status = database.query(name);
    if (isWanted(status?.state) || clock.now() >= end) return status;
  }
}
