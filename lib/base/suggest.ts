import { closestString } from "@std/text/closest-string";
import { levenshteinDistance } from "@std/text/levenshtein-distance";

/** Longer words are not compared, characters. */
const MAX_WORD = 64;

/**
 * What someone who wrote `word` may have meant, as an error message says it: the nearest known word when
 * it is plausibly close (a third of its letters differ at most), else all that are known.
 */
export function suggest(word: string, known: readonly string[]): string {
  if (known.length === 0) return "none is known here";
  const nearest = word.length > MAX_WORD ? undefined : closestString(word, known);
  if (nearest && isClose(word.toLowerCase(), nearest.toLowerCase())) {
    return `did you mean "${nearest}"?`;
  }
  return `known: ${known.join(", ")}`;
}

function isClose(word: string, nearest: string): boolean {
  return levenshteinDistance(word, nearest) <= Math.max(2, Math.floor(nearest.length / 3));
}
