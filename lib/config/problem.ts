import { describeProblem, printable, type Problem } from "../base/mod.ts";

/** A problem and its place in the file: line and column from 1, the column in UTF-16 code units. */
export interface PlacedProblem extends Problem {
  /** Absent when the problem is the file itself. */
  line?: number;
  /** Absent when the problem is the file itself. */
  column?: number;
}

/** How many problems a message lists; a broken file can have a hundred thousand. */
const MAX_LINES = 100;

/** A configuration that cannot be used. Its message has one line a problem, in the file's order. */
export class ConfigError extends Error {
  override name = "ConfigError";

  /**
   * `problems` are all that is wrong with `file`; the message lists the first 100. `isUnread`: it could not be read, which
   * may be possible a moment later.
   */
  constructor(
    readonly file: string,
    readonly problems: readonly PlacedProblem[],
    readonly isUnread = false,
  ) {
    super(message(file, problems));
  }
}

function message(file: string, problems: readonly PlacedProblem[]): string {
  const name = printable(file);
  const lines = problems.slice(0, MAX_LINES).map((problem) => {
    const place = problem.line === undefined ? "" : `:${problem.line}:${problem.column}`;
    return `${name}${place}: ${describeProblem(problem)}`;
  });
  const more = problems.length - lines.length;
  return (more > 0 ? [...lines, `${name}: ${more} more problems`] : lines).join("\n");
}
