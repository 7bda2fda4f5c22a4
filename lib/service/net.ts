import { readLines } from "./output.ts";

/**
 * The error code that a failed `net start`, `net stop` or `net continue` has printed, in whatever language
 * and code page; `undefined` if none is certain. (The exit code of `net` is 2 whatever went wrong.)
 *
 * The last paragraph names it, in English in every language: `More help is available by typing NET HELPMSG
 * 2182.` Otherwise the last paragraph is Windows' own text of the error, and the one before names it:
 * `System error 5 has occurred.` A number that the output holds twice can be part of the service's display
 * name, and does not count.
 */
export function readNetError(output: Uint8Array): number | undefined {
  const all = paragraphs(readLines(output));
  const [error, last] = all.slice(-2);
  if (error === undefined || last === undefined) return undefined;
  const help = /NET HELPMSG (\d{1,5})(?!\d)/.exec(last.join(" "));
  if (help) return Number(help[1]);
  const [number, ...others] = error.flatMap(numbersOf);
  // A list of services, which `net stop` shows before it asks whether to stop them too, is indented.
  if (error.length > 1 || others.length > 0 || /^\s/.test(error[0] ?? "")) return undefined;
  const everywhere = all.flat().flatMap(numbersOf);
  return everywhere.filter((n) => n === number).length === 1 ? number : undefined;
}

/** Lines, parted where there are blank ones. */
function paragraphs(lines: string[]): string[][] {
  const found: string[][] = [[]];
  for (const line of lines) {
    if (line.trim() !== "") found.at(-1)!.push(line);
    else if (found.at(-1)!.length > 0) found.push([]);
  }
  return found.filter((paragraph) => paragraph.length > 0);
}

/** The numbers that stand alone, not within a word. */
function numbersOf(line: string): number[] {
  return Array.from(line.matchAll(/(?<![\w.,])\d{1,5}(?!\w)/g), Number);
}
