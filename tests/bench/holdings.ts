import { residentMemory } from "../faults/memory.ts";

/** What a process holds of its machine. */
export interface Holdings {
  /** Resident memory, bytes. */
  memory: number;
  threads: number;
  /** What each open handle is: `eventfd`, `socket`, or the path of a file. */
  handles: string[];
}

/** What a process holds; Linux only, since it reads /proc. */
export function holdings(pid: number | "self"): Holdings {
  return {
    memory: residentMemory(pid),
    threads: [...Deno.readDirSync(`/proc/${pid}/task`)].length,
    handles: handlesOf(pid),
  };
}

function handlesOf(pid: number | "self"): string[] {
  const kinds: string[] = [];
  for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
    try {
      kinds.push(kindOf(Deno.readLinkSync(`/proc/${pid}/fd/${name}`)));
    } catch {
      // It was closed meanwhile: this process' own look at the folder, if no other.
    }
  }
  return kinds;
}

/** Of `anon_inode:[eventfd]` and `socket:[1234]` what comes without the number. */
function kindOf(target: string): string {
  return /^anon_inode:\[?(\w+)/.exec(target)?.[1] ?? /^(\w+):\[/.exec(target)?.[1] ?? target;
}

/** How many handles there are more, or fewer, of each kind, as `19 eventfd, 19 eventpoll`. */
export function moreHandles(before: readonly string[], after: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const kind of after) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  for (const kind of before) counts.set(kind, (counts.get(kind) ?? 0) - 1);
  return [...counts].filter(([, count]) => count !== 0).sort()
    .map(([kind, count]) => `${count} ${kind}`).join(", ");
}
