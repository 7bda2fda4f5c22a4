/**
 * The entry of the thread that speaks to the service control manager. It is a thread of its own so that a
 * control is answered at once, however busy the agent's is.
 *
 * @module
 */
import { advapi32 } from "./ffi/advapi32.ts";
import { kernel32 } from "./ffi/kernel32.ts";
import { addressOf, allocate, wide, wideAt } from "./ffi/memory.ts";
import type { FromServiceThread, ToServiceThread } from "./native_service.ts";
import {
  advance,
  isPending,
  type ServiceStatus,
  settled,
  STARTING,
  STATE,
  statusBytes,
  takeControl,
} from "./service_status.ts";

/** How often a pending state shows a sign of life, ms. */
const SIGN_EVERY = 1_000;

/** For how many signs: a start that takes longer hangs, and is not to look alive. */
const MAX_SIGNS = 60;

/** After how many signs a stop hangs, and the process is ended: daemons have a grace of 5 s, saving takes a while. */
const MAX_STOP_SIGNS = 25;

/** The exit code of an agent that did not stop in time. */
const HUNG = 3;

let handle: Deno.PointerValue = null;
let status: ServiceStatus = STARTING;

function report(next: ServiceStatus): void {
  status = next;
  advapi32().SetServiceStatus(handle, statusBytes(status));
}

function tell(message: FromServiceThread): void {
  self.postMessage(message);
}

const handler = Deno.UnsafeCallback.threadSafe(
  { parameters: ["u32", "u32", "pointer", "pointer"], result: "u32" } as const,
  (control) => {
    const { code, status: next, request } = takeControl(status, control);
    if (code === 0) report(next);
    if (request) tell({ type: "request", request });
    return code;
  },
);

const serviceMain = Deno.UnsafeCallback.threadSafe(
  { parameters: ["u32", "pointer"], result: "void" } as const,
  (count, names) => {
    const service = count > 0 && names !== null
      ? wideAt(new Deno.UnsafePointerView(names).getPointer(0))
      : "";
    handle = advapi32().RegisterServiceCtrlHandlerExW(wide(service), handler.pointer, null);
    report(STARTING);
    tell({ type: "started", service });
  },
);

self.onmessage = ({ data }: MessageEvent<ToServiceThread>) => {
  if (status.state === STATE.stopPending && data.type !== "stopped") return;
  if (data.type === "running") report(settled(STATE.running));
  else if (data.type === "paused") report(settled(STATE.paused));
  else report(settled(STATE.stopped, data.exitCode));
};

setInterval(() => {
  if (handle === null || !isPending(status.state)) return;
  const stopping = status.state === STATE.stopPending;
  if (status.checkpoint < (stopping ? MAX_STOP_SIGNS : MAX_SIGNS)) report(advance(status));
  else if (stopping) endProcess();
}, SIGN_EVERY);

/** `Deno.exit` would end this thread alone, and the agent's does not listen any more. */
function endProcess(): void {
  report(settled(STATE.stopped, HUNG));
  kernel32().TerminateProcess(kernel32().GetCurrentProcess(), HUNG);
}

/** A `SERVICE_TABLE_ENTRYW` and the empty one that ends the table; the name in it does not count. */
const name = wide("");
const table = allocate(32);
const entries = new DataView(table.buffer);
entries.setBigUint64(0, addressOf(name), true);
entries.setBigUint64(8, Deno.UnsafePointer.value(serviceMain.pointer), true);

const served = await advapi32().StartServiceCtrlDispatcherW(table);
tell(served !== 0 ? { type: "over" } : { type: "no-service" });
