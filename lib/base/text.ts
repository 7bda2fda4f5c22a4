/**
 * Text of others on one line, without what a terminal or a log viewer would obey: white space with a line break in it
 * becomes one space, a tab a space, any other control character (C0, C1) and mark of writing direction `�`. Blanks at
 * both ends go. Takes time in proportion to the text.
 */
export function sanitize(text: string): string {
  return text.replaceAll(/\s+/g, blank).replaceAll(UNSAFE, "�").trim();
}

/** Each run of white space is matched once: `\s*[\r\n]+\s*` takes quadratic time on a long run of blanks. */
function blank(run: string): string {
  return LINE_BREAK.test(run) ? " " : run.replaceAll("\t", " ");
}

const LINE_BREAK = /[\n\v\f\r\u2028\u2029]/;

// deno-lint-ignore no-control-regex
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** At most `max` characters (UTF-16 units, 1 at least) of a text; the last is `…` where something was cut. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const kept = text.slice(0, max - 1);
  // Half of a surrogate pair is no character.
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}
