/** What can stand in a line of the console. */
export interface Vocabulary {
  /** The commands, each with the words that may follow at once, such as `list` after `daemon`. */
  commands: ReadonlyMap<string, readonly string[]>;
  /** The paths of the public state. */
  paths: readonly string[];
  /** The names of the daemons. */
  daemons: readonly string[];
}

/** Commands after which a path of the public state stands. */
const TAKE_PATH = ["get", "watch"];

/** Words after which a daemon's name stands. */
const TAKE_DAEMON = ["restart", "show", "unregister", "test", "--daemon"];

/** What `readline` takes: what the last word may become, and that word. */
export type Completion = [candidates: string[], word: string];

/** What the last word of a line may become. */
export function complete(line: string, vocabulary: Vocabulary): Completion {
  const words = line.trimStart().split(/\s+/);
  const word = words.pop()!;
  const candidates = candidatesAfter(words, word, vocabulary);
  return [candidates.filter((candidate) => candidate.startsWith(word)).sort(), word];
}

function candidatesAfter(
  before: readonly string[],
  word: string,
  { commands, paths, daemons }: Vocabulary,
): readonly string[] {
  const [command, ...rest] = before;
  if (command === undefined) return [...commands.keys()];
  if (TAKE_DAEMON.includes(before.at(-1)!)) return daemons;
  if (rest.length > 0) return [];
  if (TAKE_PATH.includes(command)) return nextSteps(paths, word);
  return commands.get(command) ?? [];
}

/** Paths one step further than `word`, in the short form unless the long one was begun. */
function nextSteps(paths: readonly string[], word: string): string[] {
  const known = paths.map((path) =>
    word.startsWith("Daemons") ? path : path.replace(/^Daemons\./, "")
  );
  const fitting = known.filter((path) => path.startsWith(word));
  const steps = fitting.map((path) => {
    const dot = path.indexOf(".", word.length + 1);
    return dot < 0 ? path : path.slice(0, dot);
  });
  return [...new Set(steps)];
}
