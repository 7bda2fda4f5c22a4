import { allocate, fromWide, lazy } from "./ffi.ts";

/** A process of this machine. */
export interface Process {
  /** Its id. */
  pid: number;
  /** The id of the process that started it. */
  parent: number;
  /** The name of its exe, without the folder. */
  exe: string;
}

const TH32CS_SNAPPROCESS = 0x2;

/** `PROCESSENTRY32W` of 64-bit Windows (tlhelp32.h). */
const ENTRY = { size: 568, pid: 8, parent: 32, exe: 44 } as const;

const kernel32 = lazy(() =>
  Deno.dlopen("kernel32.dll", {
    CreateToolhelp32Snapshot: { parameters: ["u32", "u32"], result: "pointer" },
    Process32FirstW: { parameters: ["pointer", "buffer"], result: "i32" },
    Process32NextW: { parameters: ["pointer", "buffer"], result: "i32" },
    CloseHandle: { parameters: ["pointer"], result: "i32" },
  }).symbols
);

/** The processes of this machine, as any user may see them. */
export function listProcesses(): Process[] {
  const { CreateToolhelp32Snapshot, Process32FirstW, Process32NextW, CloseHandle } = kernel32();
  const snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
  const entry = allocate(ENTRY.size);
  new DataView(entry.buffer).setUint32(0, ENTRY.size, true);
  const found: Process[] = [];
  for (
    let more = Process32FirstW(snapshot, entry);
    more !== 0;
    more = Process32NextW(snapshot, entry)
  ) found.push(readEntry(entry));
  CloseHandle(snapshot);
  return found;
}

function readEntry(bytes: Uint8Array<ArrayBuffer>): Process {
  const view = new DataView(bytes.buffer);
  return {
    pid: view.getUint32(ENTRY.pid, true),
    parent: view.getUint32(ENTRY.parent, true),
    exe: fromWide(bytes.subarray(ENTRY.exe)),
  };
}
