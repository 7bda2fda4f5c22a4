/** Colours for a terminal; each returns its text as it is where there is none. */
export type Paint = Readonly<
  Record<"bold" | "dim" | "green" | "yellow" | "red", (text: string) => string>
>;

/** Whether standard output takes colours. See https://no-color.org: any value but an empty one switches them off. */
export function isColourful(): boolean {
  return Deno.stdout.isTerminal() && !Deno.env.get("NO_COLOR");
}

/** Colours, or none. */
export function paint(colourful: boolean): Paint {
  const code = (start: number, end: number) => (text: string) =>
    colourful ? `\x1b[${start}m${text}\x1b[${end}m` : text;
  return {
    bold: code(1, 22),
    dim: code(2, 22),
    green: code(32, 39),
    yellow: code(33, 39),
    red: code(31, 39),
  };
}
