/** What is known of a thread's part in the process's memory. */
export interface MemoryShare {
  /** The signs of life that it has given. */
  beats: number;
  /** Bytes that it may hold. */
  memoryLimit: number;
  /** Whether its daemon works: only then can it answer. */
  running: boolean;
  /** Whether it was started a short while ago: it takes memory for itself, which is no daemon's doing. */
  young: boolean;
}

/** What is remembered of the process's memory from one look to the next. */
export interface MemoryVigil<Thread> {
  /** Resident bytes that are no reason to worry. */
  calm: number;
  /** The threads that were called upon; undefined: none were. */
  called?: Call<Thread> | undefined;
}

/** A call upon all threads to show that they live. */
interface Call<Thread> {
  /** The signs of life that each had given by then. */
  beats: ReadonlyMap<Thread, number>;
  /** Resident bytes at that time. */
  rss: number;
  /** Looks since then; of one that came late, only a part. */
  looks: number;
}

/** What a look at the process's memory has led to. */
export interface MemoryLook<Thread> {
  vigil: MemoryVigil<Thread>;
  /** All that run are to be called upon. */
  call: boolean;
  /** Who takes the memory. */
  culprits: Thread[];
}

/** Looks that a thread which was called upon has to answer, when it is the only one that is silent. */
const LOOKS_TO_ANSWER = 2;

/** Looks that those who were called upon have at the most, when many are silent. */
const MOST_LOOKS = 40;

/** By so much of a limit memory may grow from one look to the next and be taken for granted. */
const CREEP = 0.1;

/** By so much of a limit memory may grow before threads are asked what they hold. */
const UNTOLD = 0.25;

/** What a thread takes for itself when it starts, bytes; about 20 MB were measured. */
const THREAD_SIZE = 32 * 1024 * 1024;

/** By so much each thread's memory goes up and down without a reason to worry, bytes. */
const THREAD_SWING = 4 * 1024 * 1024;

/**
 * Watches over memory that no heap limit counts, such as buffers: a thread that takes it in a tight loop gives no
 * sign of life that could tell. When the process has grown by more than one of its threads may hold, and more than
 * their number and those that have just started explain, all are called upon; those that do not answer while it
 * still grows are the culprits.
 *
 * Silence has its reason in a machine that is busy as well: the more are silent, the longer they are waited for, and
 * a look for which the agent itself had no turn in time counts the less.
 *
 * @param rss resident bytes of the process.
 * @param threads all that there are.
 * @param promptness 1: the look came in time; 0.5: after twice the time.
 */
export function watchMemory<Thread>(
  { calm, called }: MemoryVigil<Thread>,
  rss: number,
  threads: ReadonlyMap<Thread, MemoryShare>,
  promptness = 1,
): MemoryLook<Thread> {
  const { limit, starting, explained } = allowance(threads.values());
  if (rss - calm <= limit + explained) {
    return { vigil: { calm: settle(calm, rss, limit + starting) }, call: false, culprits: [] };
  }
  if (!called) {
    const beats = new Map([...threads].map(([thread, { beats }]) => [thread, beats]));
    return { vigil: { calm, called: { beats, rss, looks: 0 } }, call: true, culprits: [] };
  }
  const looks = called.looks + promptness;
  const silent = [...threads].filter(([thread, { beats, running }]) =>
    running && called.beats.get(thread) === beats
  );
  if (silent.length === 0) return { vigil: { calm: rss }, call: false, culprits: [] };
  if (looks < Math.min(MOST_LOOKS, LOOKS_TO_ANSWER * silent.length)) {
    return { vigil: { calm, called: { ...called, looks } }, call: false, culprits: [] };
  }
  const grows = rss - called.rss > limit * CREEP + starting;
  const culprits = silent.filter(([, { memoryLimit }]) =>
    grows && rss - calm > memoryLimit + explained
  );
  return {
    vigil: { calm: culprits.length > 0 ? calm : rss },
    call: false,
    culprits: culprits.map(([thread]) => thread),
  };
}

/**
 * Whether the process has grown by so much since its threads last told what they hold that all are to tell it again: a
 * daemon that waits by its own timers gives a sign of life only every 20 s, and one whose heap has come to its end does
 * nothing more until then.
 *
 * @param told resident bytes when they last told it.
 * @param rss resident bytes of the process.
 */
export function watchGrowth(
  told: number,
  rss: number,
  threads: Iterable<MemoryShare>,
): { told: number; ask: boolean } {
  const { limit, starting, explained } = allowance(threads);
  // Nobody is suspected yet: of starts it counts what they most often take, and not the most.
  const ask = rss - told > limit * UNTOLD + explained - starting / 2;
  return { told: ask ? rss : Math.min(told, rss), ask };
}

/** What one thread may hold at the least, what those that have just started take, and that and the swing of all, bytes. */
function allowance(threads: Iterable<MemoryShare>) {
  const shares = [...threads];
  const starting = shares.filter(({ young }) => young).length * THREAD_SIZE;
  return {
    limit: Math.min(...shares.map(({ memoryLimit }) => memoryLimit)),
    starting,
    explained: starting + shares.length * THREAD_SWING,
  };
}

/** Memory that was given back is forgotten at once; a slow growth is what threads are held to one by one. */
function settle(calm: number, rss: number, allowed: number): number {
  return Math.min(rss, calm + allowed * CREEP);
}
