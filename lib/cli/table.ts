import { cut, sanitize } from "../base/mod.ts";

/** A cell: its text, and what paints it once it is padded. */
export interface Cell {
  text: string;
  paint?: (text: string) => string;
}

/** How much of a table's cells is shown. */
export interface TableLimits {
  /** Columns of the terminal that the table has to fit. Default: those of standard output; without one, any. */
  width?: number | undefined;
  /** Characters of a cell. Default: 200. */
  cell?: number;
}

/** Narrower than this no column is made to fit a terminal. */
const LEAST_WIDTH = 8;

const GAP = "  ";

/**
 * Lays out rows in columns, the header's and two spaces between them; the last column is not padded. Each cell is
 * sanitized, and cut with `…` where it is too long.
 */
export function table(
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
  { width = terminalWidth(), cell = 200 }: TableLimits = {},
): string[] {
  const all = [header.map((text): Cell => ({ text })), ...rows].map((row) =>
    row.map(({ text, paint }) => ({ letters: [...cut(sanitize(text), cell)], paint }))
  );
  const widths = header.map((_, column) =>
    all.reduce((most, row) => Math.max(most, row[column]!.letters.length), 0)
  );
  if (width !== undefined) narrow(widths, width - GAP.length * (header.length - 1));
  return all.map((row) =>
    row.map(({ letters, paint }, column) => {
      const isLast = column === header.length - 1;
      const shown = fit(letters, widths[column]!);
      const padded = isLast ? shown.join("") : shown.join("").padEnd(
        widths[column]! + shown.join("").length - shown.length,
      );
      return paint ? paint(padded) : padded;
    }).join(GAP).trimEnd()
  );
}

/** Takes from the widest column as long as all of them together are wider than `total`. */
function narrow(widths: number[], total: number): void {
  for (;;) {
    const widest = widths.indexOf(Math.max(...widths));
    const excess = widths.reduce((sum, width) => sum + width, 0) - total;
    if (excess <= 0 || widths[widest]! <= LEAST_WIDTH) return;
    widths[widest]!--;
  }
}

function fit(letters: readonly string[], width: number): readonly string[] {
  return letters.length <= width ? letters : [...letters.slice(0, width - 1), "…"];
}

/** The columns of the terminal; undefined when standard output is not a terminal. */
export function terminalWidth(): number | undefined {
  if (!Deno.stdout.isTerminal()) return undefined;
  try {
    return Deno.consoleSize().columns;
  } catch {
    return undefined;
  }
}
