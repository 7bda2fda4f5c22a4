/**
 * The entry of the thread that speaks to the service control manager: a thread of its own answers a control at once,
 * however busy the agent's thread is.
 *
 * @module
 */
import { advapi32, kernel32 } from "./ffi/libraries.ts";
import { lastError, WindowsError } from "./ffi/errors.ts";
import { addressOf, allocate, wide, wideAt } from "./ffi/memory.ts";
import type { FromServiceThread, ToServiceThread } from "./native_service.ts";
import {
  advance,
  isPending,
  type ReportedStatus,
  settled,
  STARTING,
  STATE,
  statusBytes,
  takeControl,
} from "./service_status.ts";

/** How often the checkpoint of a pending state counts up, ms. */
const CHECKPOINT_EVERY = 1_000;

/** How many checkpoints a start has: one that takes longer hangs, which must show. */
const MAX_CHECKPOINTS = 60;

/** How many checkpoints a stop has before the process is ended: the agent itself ends it after 12 s, unless it hangs. */
const MAX_STOP_CHECKPOINTS = 25;

/** The exit code of an agent that did not stop in time. */
const HUNG = 3;

let handle: Deno.PointerValue = null;
let status: ReportedStatus = STARTING;

let hasProblem = false;

/** Reports a problem once: the checkpoints would repeat it each second. */
function report(next: ReportedStatus): void {
  status = next;
  if (advapi32().SetServiceStatus(handle, statusBytes(status)) !== 0 || hasProblem) return;
  hasProblem = true;
  const { message } = new WindowsError(lastError(), "report the state of the service");
  tell({ type: "problem", error: message });
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
    if (handle === null) {
      // 126 was seen on Windows 7, where a callback that was made at run time belongs to no module.
      const { message } = new WindowsError(lastError(), `register service '${service}'`);
      return tell({ type: "failed", error: message });
    }
    report(STARTING);
    tell({ type: "started", service });
  },
);

self.onmessage = ({ data }: MessageEvent<ToServiceThread>) => {
  // A stop is not taken back.
  if (status.state === STATE.stopPending && data.state !== STATE.stopped) return;
  report(settled(data.state, data.exitCode));
};

setInterval(() => {
  if (handle === null || !isPending(status.state)) return;
  const stopping = status.state === STATE.stopPending;
  const limit = stopping ? MAX_STOP_CHECKPOINTS : MAX_CHECKPOINTS;
  if (status.checkpoint < limit) report(advance(status));
  else if (stopping) endProcess();
}, CHECKPOINT_EVERY);

/** `Deno.exit` would end this thread alone, and the agent's thread does not react any more. */
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
