/** Text from elsewhere on one line, and without what a terminal would obey. */
export function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/\s*[\r\n]+\s*/g, " ").replaceAll(/[\x00-\x1f\x7f-\x9f]/g, "�").trim();
}
