/** Text from elsewhere on one line, and without what a terminal would obey, the marks that turn writing round too. */
export function oneLine(text: string): string {
  // Linear: /\s*[\r\n]+\s*/ would look at a long run of blanks once for each blank.
  const line = text.replaceAll(/\s+/g, (blanks) => /[\r\n]/.test(blanks) ? " " : blanks);
  return line.replaceAll(OBEYED, "�").trim();
}

// deno-lint-ignore no-control-regex
const OBEYED = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
