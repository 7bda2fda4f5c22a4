import { excerpt, suggest } from "../../base/mod.ts";
import { type Command, UsageError } from "../command.ts";
import { align, fold, terminalWidth } from "../table.ts";

/** The pages that the exe has in itself, in the order in which a newcomer reads them. */
const PAGES = [
  "readme",
  "windows",
  "deploy",
  "configuration",
  "icinga",
  "monitoring",
  "fleet",
  "daemons",
  "supervision",
  "security",
  "state",
  "performance",
  "architecture",
  "building",
  "status.schema",
  "doctor.schema",
];

/** `icinga-warden docs` */
export const docsCommand: Command = {
  name: "docs",
  words: "[PAGE]",
  summary: "print a page of the documentation, or the list of them",
  async run({ words: [name] }) {
    if (name === undefined) return await listPages();
    const page = name.toLowerCase().replace(/^docs\//, "").replace(/\.(?:md|json)$/, "");
    if (!PAGES.includes(page)) {
      throw new UsageError(`Unknown page '${excerpt(name)}'; ${suggest(name, PAGES)}`);
    }
    const text = (await readPage(page)).trimEnd();
    return { json: { page: name, text }, text: narrowTables(text) };
  },
};

async function listPages() {
  const pages = await Promise.all(PAGES.map(async (name) => {
    // The title of a page, or of a schema.
    const [title = ""] = /(?<=^# ).+|(?<=^ {2}"title": ").+(?=",$)/m.exec(await readPage(name)) ??
      [];
    return { name, title };
  }));
  const lines = align(pages.map(({ name, title }) => [name, title]));
  return { json: pages, text: [...lines, "", "Print one: icinga-warden docs PAGE"] };
}

function readPage(name: string): Promise<string> {
  const end = name.endsWith(".schema") ? "json" : "md";
  const file = name === "readme" ? "README.md" : `docs/${name}.${end}`;
  return Deno.readTextFile(new URL(`../../../${file}`, import.meta.url));
}

/**
 * Writes the tables of a page that are wider than the terminal as one block for each row: its first cell, and below it
 * each other cell after its header.
 *
 * @param width columns of the terminal. Default: those of standard output; without one, nothing is changed.
 */
export function narrowTables(text: string, width: number | undefined = terminalWidth()): string {
  if (width === undefined) return text;
  return text.replaceAll(/^\|.*\n\|[ :|-]+\|\n(?:\|.*(?:\n|$))+/gm, (rows) => {
    const lines = rows.trimEnd().split("\n");
    if (lines.every((line) => line.length < width)) return rows;
    const [header = [], , ...cells] = lines.map(cellsOf);
    return cells.map(([first = "", ...others]) => {
      const below = others.map((cell, i) => cell && `    ${header[i + 1]}: ${cell}`);
      return fold([first, ...below.filter((line) => line)].join("\n"), width) + "\n";
    }).join("\n");
  });
}

/** The cells of a row: a `|` in one is written `\|`. */
function cellsOf(row: string): string[] {
  const cells = row.slice(1, -1).split(/(?<!\\)\|/);
  return cells.map((cell) => cell.trim().replaceAll("\\|", "|"));
}
