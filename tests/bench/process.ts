import { residentMemory } from "../faults/memory.ts";

/** A program under measurement; Linux only, since it reads /proc. */
export interface Measured {
  /** Milliseconds from its start to the first output that matches. */
  readonly started: number;
  /** Its resident memory, bytes. */
  resident(): number;
  /** Its processor time so far, all threads, ms. */
  processorTime(): number;
  end(): Promise<void>;
}

/** Starts a program and waits until it has printed what matches. */
export async function measure(
  exe: string,
  args: string[],
  ready: Pick<RegExp, "test">,
): Promise<Measured> {
  const begin = performance.now();
  const child = new Deno.Command(exe, { args, stdin: "null", stdout: "piped", stderr: "null" })
    .spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  for (let output = ""; !ready.test(output);) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`${exe} ended before it was ready: ${output}`);
    output += value;
  }
  return {
    started: performance.now() - begin,
    resident: () => residentMemory(child.pid),
    processorTime: () => {
      const stat = Deno.readTextFileSync(`/proc/${child.pid}/stat`);
      const [user, system] = stat.slice(stat.lastIndexOf(")")).split(" ").slice(12, 14);
      return (Number(user) + Number(system)) * 10; // ticks of 1/100 s
    },
    end: async () => {
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
    },
  };
}

/** The middle of some figures. */
export function median(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[figures.length >> 1]!;
}
