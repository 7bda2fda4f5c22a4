/** What is known of a thread's part in the process's memory. */
export interface MemoryShare {
  /** The signs of life that it has given. */
  beats: number;
  /** Bytes that it may hold. */
  memoryLimit: number;
}

/** What is remembered of the process's memory from one look to the next. */
export interface MemoryVigil<Thread> {
  /** Resident bytes that are no reason to worry. */
  calm: number;
  /** The threads that were called upon, with their signs of life at that time; undefined: none were. */
  called?: ReadonlyMap<Thread, number>;
  /** Resident bytes when they were called. */
  calledAt?: number;
  /** Looks since they were called. */
  looks: number;
}

/** Looks that a thread which was called upon has to answer. */
const LOOKS_TO_ANSWER = 2;

/** By so much of a limit memory may grow from one look to the next and be taken for granted. */
const CREEP = 0.1;

/**
 * Watches over memory that no heap limit counts, such as buffers: a thread that takes it in a tight loop gives no
 * sign of life that could tell. When the process has grown by more than one of its threads may hold, all are
 * called upon; those that do not answer while it still grows are the culprits.
 *
 * @param rss resident bytes of the process.
 * @param threads all that are to answer.
 */
export function watchMemory<Thread>(
  { calm, called, calledAt = 0, looks }: MemoryVigil<Thread>,
  rss: number,
  threads: ReadonlyMap<Thread, MemoryShare>,
): { vigil: MemoryVigil<Thread>; call: boolean; culprits: Thread[] } {
  const limit = Math.min(...[...threads.values()].map(({ memoryLimit }) => memoryLimit));
  const quiet = { vigil: { calm: settle(calm, rss, limit), looks: 0 }, call: false, culprits: [] };
  if (rss - calm <= limit) return quiet;
  if (!called) {
    const beats = new Map([...threads].map(([thread, { beats }]) => [thread, beats]));
    return {
      vigil: { calm, called: beats, calledAt: rss, looks: 0 },
      call: true,
      culprits: [],
    };
  }
  if (looks + 1 < LOOKS_TO_ANSWER) {
    return { vigil: { calm, called, calledAt, looks: looks + 1 }, call: false, culprits: [] };
  }
  // On a machine that is busy nobody may have had the time to answer.
  const grows = rss - calledAt > limit * CREEP;
  const culprits = [...threads].filter(([thread, { beats, memoryLimit }]) =>
    grows && called.get(thread) === beats && rss - calm > memoryLimit
  );
  return {
    vigil: { calm: culprits.length > 0 ? calm : rss, looks: 0 },
    call: false,
    culprits: culprits.map(([thread]) => thread),
  };
}

/** Memory that was given back is forgotten at once; a slow growth is what threads are held to one by one. */
function settle(calm: number, rss: number, limit: number): number {
  return Math.min(rss, calm + limit * CREEP);
}
