import { excerpt, suggest } from "../../base/mod.ts";
import { type Command, UsageError } from "../command.ts";
import { align } from "../table.ts";

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
];

/** `icinga-warden docs` */
export const docsCommand: Command = {
  name: "docs",
  words: "[PAGE]",
  summary: "print a page of the documentation, or the list of them",
  async run({ words: [name] }) {
    if (name === undefined) return await listPages();
    const page = name.toLowerCase().replace(/\.md$/, "");
    if (!PAGES.includes(page)) {
      throw new UsageError(`Unknown page '${excerpt(name)}'; ${suggest(name, PAGES)}`);
    }
    const text = (await readPage(page)).trimEnd();
    return { json: { page: name, text }, text };
  },
};

async function listPages() {
  const pages = await Promise.all(PAGES.map(async (name) => {
    const [title = ""] = /(?<=^# ).+/m.exec(await readPage(name)) ?? [];
    return { name, title };
  }));
  const lines = align(pages.map(({ name, title }) => [name, title]));
  return { json: pages, text: [...lines, "", "Print one: icinga-warden docs PAGE"] };
}

function readPage(name: string): Promise<string> {
  const file = name === "readme" ? "README.md" : `docs/${name}.md`;
  return Deno.readTextFile(new URL(`../../../${file}`, import.meta.url));
}
