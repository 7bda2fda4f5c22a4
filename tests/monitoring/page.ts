const PAGE = await Deno.readTextFile(new URL("../../docs/monitoring.md", import.meta.url));

/** The blocks of code of a language on docs/monitoring.md, in order; of `""` those without one. */
export function blocks(language: string): string[] {
  const all = [...PAGE.matchAll(/^```(\w*)\n([^]*?)^```$/gm)];
  return all.filter(([, name]) => name === language).map(([, , text]) => text!);
}

/** The first words in backticks of each row of the page's tables. */
export function rows(): string[] {
  return [...PAGE.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name!);
}
