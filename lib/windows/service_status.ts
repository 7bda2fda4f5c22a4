/**
 * What a service tells the service control manager, and how it answers: pure, and Windows' own numbers
 * (winsvc.h).
 *
 * @module
 */

/** Windows' `dwCurrentState`. */
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

/** The control codes that the agent obeys. */
export const CONTROL = {
  stop: 1,
  pause: 2,
  continue: 3,
  interrogate: 4,
  shutdown: 5,
  preshutdown: 15,
} as const;

const SERVICE_WIN32_OWN_PROCESS = 0x10;
const ACCEPT_STOP = 0x1;
const ACCEPT_PAUSE_CONTINUE = 0x2;
const ACCEPT_SHUTDOWN = 0x4;
const ACCEPT_PRESHUTDOWN = 0x100;

const NO_ERROR = 0;
const ERROR_CALL_NOT_IMPLEMENTED = 120;
const ERROR_SERVICE_SPECIFIC_ERROR = 1066;

/** How long the service control manager is to wait for the next checkpoint of a pending state, ms. */
export const WAIT_HINT = 10_000;

/** What a service reports of itself. */
export interface ServiceStatus {
  /** What it is doing. */
  state: StateNumber;
  /** Counts up while a state is pending: proof that it goes on. */
  checkpoint: number;
  /** Why it stopped: 0 in order, else the service's own code, so that the recovery actions fire. */
  exitCode: number;
}

/** What a control asks of the agent. */
export type ServiceRequest = "stop" | "pause" | "continue";

/** The status in which a service begins. */
export const STARTING: ServiceStatus = { state: STATE.startPending, checkpoint: 1, exitCode: 0 };

/** The status of a service that has come to rest in a state. */
export function settled(state: StateNumber, exitCode = 0): ServiceStatus {
  return { state, checkpoint: 0, exitCode };
}

/** Whether a state is on its way to another. */
export function isPending(state: StateNumber): boolean {
  return state !== STATE.stopped && state !== STATE.running && state !== STATE.paused;
}

/** The status after a sign of life: a pending one has a later checkpoint, any other is the same. */
export function advance(status: ServiceStatus): ServiceStatus {
  return isPending(status.state) ? { ...status, checkpoint: status.checkpoint + 1 } : status;
}

/** How a service answers a control. */
export interface Answer {
  /** What the control handler returns: 0, or 120 for a control that the service does not know. */
  code: number;
  /** The status from now on. */
  status: ServiceStatus;
  /** What the agent is asked for, if anything. */
  request?: ServiceRequest;
}

/** The answer to a control; one that changes nothing asks nothing of the agent. */
export function answer(status: ServiceStatus, control: number): Answer {
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

function begin(state: StateNumber, request: ServiceRequest): Answer {
  return { code: NO_ERROR, status: { state, checkpoint: 1, exitCode: 0 }, request };
}

/** The controls that a service takes in a state: Windows' `dwControlsAccepted`. */
export function controlsAccepted(state: StateNumber): number {
  return state === STATE.running || state === STATE.paused
    ? ACCEPT_STOP | ACCEPT_PAUSE_CONTINUE | ACCEPT_SHUTDOWN | ACCEPT_PRESHUTDOWN
    : 0;
}

/** A status as Windows' `SERVICE_STATUS`: seven numbers of four bytes. */
export function statusBytes(
  { state, checkpoint, exitCode }: ServiceStatus,
): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(28));
  const win32ExitCode = exitCode === 0 ? NO_ERROR : ERROR_SERVICE_SPECIFIC_ERROR;
  [
    SERVICE_WIN32_OWN_PROCESS,
    state,
    controlsAccepted(state),
    win32ExitCode,
    exitCode,
    checkpoint,
    isPending(state) ? WAIT_HINT : 0,
  ].forEach((value, i) => view.setUint32(4 * i, value, true));
  return new Uint8Array(view.buffer);
}
