/** What is known of a thread when the process's memory is checked. */
export interface ThreadMemory {
  /** Heartbeats so far. */
  beats: number;
  /** Bytes that its heap held at the last one, buffers included. */
  heap: number;
  /** Bytes that it may hold. */
  memoryLimit: number;
  /** Whether it can be to blame: its daemon has begun to work, so that it can answer, and is not built in. */
  suspect: boolean;
  /** Whether it was started a short while ago: its own start takes memory. */
  young: boolean;
}

/** What is remembered of the process's memory from one look to the next. */
export interface MemoryState<Thread> {
  /** Resident bytes when all threads last answered, or less where memory was given back since. */
  base: number;
  /** What each thread's heap held then. */
  heaps: ReadonlyMap<Thread, number>;
  /** Since when all threads are asked for a heartbeat; undefined: they are not. */
  asked?: { beats: ReadonlyMap<Thread, number>; rss: number; looks: number };
}

/** What a look at the process's memory has shown. */
export interface MemoryLook<Thread> {
  state: MemoryState<Thread>;
  /** Whether all threads are to be asked for a heartbeat. */
  ask: boolean;
  /** Threads that take the memory and do not answer. */
  culprits: Thread[];
}

/** All are asked when the process has grown by this part of the lowest memoryLimit since they last answered. */
const GROWTH = 0.25;

/** Looks that a thread has to answer. Where several are silent the machine is busy, and each gives all of them more. */
const LOOKS_TO_ANSWER = 2;

/** Looks after which asking ends: a thread that is silent while memory does not grow is found by `frozenAfter`. */
const MAX_LOOKS = 40;

/** What a start takes, bytes; about 20 MB were measured. */
const START_SIZE = 32 * 1024 * 1024;

/**
 * Watches memory that no heap limit counts, such as buffers: a thread that allocates it in a tight loop sends no
 * heartbeat that would show it.
 *
 * When the process has grown by much since its threads last answered, all are asked. Of those that stay silent each one
 * is a culprit whose limit is below the growth that the answers of the others do not explain, while memory still grows.
 *
 * @param rss resident bytes of the process, without the main thread's own heap.
 * @param threads all that there are.
 * @param promptness 1: the look came in time; 0.5: after twice the time, when the threads had no turn in time either.
 */
export function lookAtMemory<Thread>(
  { base, heaps, asked }: MemoryState<Thread>,
  rss: number,
  threads: ReadonlyMap<Thread, ThreadMemory>,
  promptness = 1,
): MemoryLook<Thread> {
  const all = [...threads];
  const starting = all.filter(([, { young }]) => young).length * START_SIZE;
  const growth = GROWTH * Math.min(...all.map(([, { memoryLimit }]) => memoryLimit));
  const grown = rss - base - starting;
  if (!asked) {
    const ask = grown > growth;
    const beats = new Map(all.map(([thread, { beats }]) => [thread, beats]));
    if (ask) return { state: { base, heaps, asked: { beats, rss, looks: 0 } }, ask, culprits: [] };
    return { state: { base: Math.min(base, rss), heaps }, ask, culprits: [] };
  }
  const looks = asked.looks + promptness;
  const silent = all.filter(([thread, { beats, suspect }]) =>
    suspect && asked.beats.get(thread) === beats
  );
  const patience = Math.min(MAX_LOOKS, LOOKS_TO_ANSWER * silent.length);
  const explained = all.reduce(
    (sum, [thread, { heap }]) => sum + Math.max(0, heap - (heaps.get(thread) ?? 0)),
    0,
  );
  const culprits = silent.filter(([, { memoryLimit }]) =>
    looks >= patience && rss - asked.rss > growth && grown - explained > memoryLimit
  );
  const isOver = silent.length === 0 || (culprits.length === 0 && looks >= MAX_LOOKS);
  return {
    state: isOver
      ? { base: rss, heaps: new Map(all.map(([thread, { heap }]) => [thread, heap])) }
      : { base, heaps, asked: { ...asked, looks } },
    ask: false,
    culprits: culprits.map(([thread]) => thread),
  };
}
