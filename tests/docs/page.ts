/** A fenced block of a page: its language, what stands after that, and its text. */
export interface Block {
  language: string;
  info: string;
  text: string;
}

/** The fenced blocks of a page of Markdown, in order. */
export function blocks(page: string): Block[] {
  return [...page.matchAll(/^```(\w+)(?: ([^\n]*))?\n(.*?)^```$/gms)].map((
    [, language = "", info = "", text = ""],
  ) => ({ language, info, text }));
}

/** The page with the text of its n-th block replaced. */
export function withBlock(page: string, n: number, text: string): string {
  let at = 0;
  return page.replace(
    /^(```\w+(?: [^\n]*)?\n)(.*?)(^```$)/gms,
    (whole, head, _, tail) => at++ === n ? head + text + tail : whole,
  );
}

/** A command as it is typed in a console, and what it prints. */
export interface Command {
  words: string[];
  printed: string;
}

/** The commands of a console block: each begins with `> icinga-warden`. */
export function commands(text: string): Command[] {
  return text.split(/^> icinga-warden /m).slice(1).map((part) => {
    const [line = "", ...printed] = part.split("\n");
    return { words: line.split(" "), printed: printed.join("\n") };
  });
}

const FLEET = await Deno.readTextFile(new URL("../../docs/fleet.md", import.meta.url));

/** The files for Icinga of a section of docs/fleet.md by their paths, which are their first lines. */
export function fleetFiles(title: string): Map<string, string> {
  const section = FLEET.split(/^## /m).find((text) => text.startsWith(title))!;
  const found = section.matchAll(/^```icinga2\n\/\/ (\S+)\n([^]*?)^```$/gm);
  return new Map([...found].map(([, path, text]) => [path!, text!]));
}
