/**
 * Splits a line into words, as a shell would: blanks part them, quotes of either kind keep them together, and a
 * backslash is a letter, since paths of Windows have them.
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
