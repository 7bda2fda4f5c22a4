import { cut, sanitize } from "../base/mod.ts";

/** A cell: its text, or with it what paints it once it is padded. */
export type Cell = string | { text: string; paint?: (text: string) => string };

/** The columns of a table by their headers: each makes its cell from a row. */
export type Columns<Row> = Readonly<Record<string, (row: Row) => Cell>>;

/** A value for a cell; `-` where there is none. */
export function orDash<T>(
  value: T | null | undefined,
  format: (value: T) => string = String,
): string {
  return value === null || value === undefined ? "-" : format(value);
}

/** Lines of {@linkcode align}, indented. */
export function indented(rows: readonly (readonly string[])[], least?: number): string[] {
  return align(rows, least).map((line) => `${GAP}${line}`);
}

/** Texts in columns, two spaces between them: neither sanitized nor cut. */
export function align(rows: readonly (readonly string[])[], least = 0): string[] {
  const widths = rows[0]?.map((_, i) => Math.max(least, ...rows.map((row) => row[i]!.length)));
  return rows.map((row) => row.map((text, i) => text.padEnd(widths![i]!)).join(GAP).trimEnd());
}

/** How much of a table's cells is shown. */
export interface TableLimits {
  /** Columns of the terminal that the table has to fit. Default: those of standard output; without one, any. */
  width?: number | undefined;
  /** Characters of a cell. Default: 200. */
  cell?: number;
}

/** Narrower than this no column is made, unless the terminal has not that much for each. */
const LEAST_WIDTH = 8;

const GAP = "  ";

/**
 * Lays out rows in columns, the header's and two spaces between them; no line ends with blanks. Each cell is
 * sanitized, and cut with `…` where it is too long.
 */
export function table<Row>(
  columns: Columns<Row>,
  rows: readonly Row[],
  { width = terminalWidth(), cell = 200 }: TableLimits = {},
): string[] {
  const header = Object.keys(columns);
  const cells = rows.map((row) => Object.values(columns).map((show) => show(row)));
  const all = [header, ...cells].map((row) =>
    row.map((shown: Cell) => {
      const { text, paint } = typeof shown === "string" ? { text: shown } : shown;
      const letters = [...cut(sanitize(text), cell)];
      return { letters, size: columnsOf(letters), paint };
    })
  );
  const widths = header.map((_, column) =>
    all.reduce((most, row) => Math.max(most, row[column]!.size), 0)
  );
  if (width !== undefined) narrow(widths, width - GAP.length * (header.length - 1));
  return all.map((row) =>
    row.map(({ letters, size, paint }, column) => {
      const width = widths[column]!;
      const shown = size <= width ? letters : fit(letters, width);
      const padded = shown.join("") + " ".repeat(width - columnsOf(shown));
      return paint ? paint(padded) : padded;
    }).join(GAP).trimEnd()
  );
}

/** Takes from the widest column as long as all of them together are wider than `total`. */
function narrow(widths: number[], total: number): void {
  const least = Math.max(1, Math.min(LEAST_WIDTH, Math.floor(total / widths.length)));
  for (;;) {
    const widest = widths.indexOf(Math.max(...widths));
    const excess = widths.reduce((sum, width) => sum + width, 0) - total;
    if (excess <= 0 || widths[widest]! <= least) return;
    widths[widest]!--;
  }
}

/** As many of the letters as there is room for, and `…`. */
function fit(letters: readonly string[], width: number): readonly string[] {
  let [count, room] = [0, width - 1];
  while (count < letters.length && (room -= columnsOf([letters[count]!])) >= 0) count++;
  return [...letters.slice(0, count), "…"];
}

/** Letters that take two columns of a terminal: those of East Asia, and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u;

/** Letters that take none: they change the one before. */
const JOINED = /[\p{M}\u200d]/u;

/** How many columns of a terminal letters take. */
function columnsOf(letters: readonly string[]): number {
  let columns = 0;
  for (const letter of letters) {
    columns += letter < "\u0300" ? 1 : JOINED.test(letter) ? 0 : WIDE.test(letter) ? 2 : 1;
  }
  return columns;
}

/** What a line goes on with below itself, where it has one column only. */
const HANGING = GAP;

/**
 * Breaks the lines that are wider than the terminal, between words. The rest of a line goes on below its last column. If
 * that column begins in the right third, it begins on the next line instead.
 *
 * @param width columns of the terminal. Default: those of standard output; without one, nothing is broken.
 */
export function fold(text: string, width: number | undefined = terminalWidth()): string {
  if (width === undefined) return text;
  return text.split("\n").flatMap((line) => foldLine(line, width)).join("\n");
}

function foldLine(line: string, width: number): string[] {
  if (columnsOf([...line]) < width) return [line];
  const column = Math.max(0, line.search(/(?<=^ *| {2})\S(?!.* {2}\S)/));
  const indent = line.search(/\S/);
  if (column > indent && column > width * 2 / 3) {
    const below = " ".repeat(indent) + GAP + GAP + line.slice(column);
    return [line.slice(0, column).trimEnd(), below].flatMap((part) => foldLine(part, width));
  }
  const hanging = " ".repeat(column) || HANGING;
  const lines = [line.slice(0, column)];
  for (const word of line.slice(column).split(" ")) {
    const last = lines.at(-1)!;
    const isFirst = last.trim() === "" || last.endsWith(GAP);
    const longer = isFirst ? last + word : `${last} ${word}`;
    if (isFirst || columnsOf([...longer]) < width) lines.splice(-1, 1, longer);
    else lines.push(hanging + word);
  }
  return lines;
}

/** The columns of the terminal; undefined when standard output is none, or one that does not say how wide it is. */
export function terminalWidth(): number | undefined {
  if (!Deno.stdout.isTerminal()) return undefined;
  try {
    return Deno.consoleSize().columns || undefined;
  } catch {
    return undefined;
  }
}
