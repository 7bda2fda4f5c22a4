/** The words that can be completed. */
export interface Vocabulary {
  /** The commands, each with its actions, such as `list` of `daemon`. */
  commands: ReadonlyMap<string, readonly string[]>;
  /** The paths of the public state. */
  paths: readonly string[];
  /** The names of the daemons. */
  daemons: readonly string[];
}

/** Commands that take a path of the public state. */
const TAKE_PATH = ["get", "watch"];

/** Words that a daemon's name follows. */
const TAKE_DAEMON = ["restart", "show", "unregister", "test", "--daemon"];

/** What `readline` takes: the candidates, and the word that they replace. */
export type Completion = [candidates: string[], word: string];

/** Completes the last word of a line. */
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

/** The paths one step further than `word`, without `Daemons.` where `word` does not begin with it. */
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

/**
 * Splits a line into words, as a shell does: at blanks, except within quotes of either kind. A backslash is an ordinary
 * letter, since paths of Windows contain it.
 *
 * @returns undefined when a quote is not closed.
 */
export function splitWords(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (const letter of line) {
    if (quote) {
      if (letter === quote) quote = "";
      else word += letter;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= "";
    } else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + letter;
  }
  if (quote) return undefined;
  return word === undefined ? words : [...words, word];
}
