/** A cell: its text, and what paints it once it is padded. */
export interface Cell {
  text: string;
  paint?: (text: string) => string;
}

/** Lays out rows in columns, the header's and two spaces between them; the last column is not padded. */
export function table(header: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  const all = [header.map((text): Cell => ({ text })), ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => width(row[column]!.text))));
  return all.map((row) =>
    row.map(({ text, paint }, column) => {
      const isLast = column === header.length - 1;
      const padded = isLast ? text : text + " ".repeat(widths[column]! - width(text));
      return paint ? paint(padded) : padded;
    }).join("  ").trimEnd()
  );
}

function width(text: string): number {
  return [...text].length;
}
