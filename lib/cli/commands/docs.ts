import { suggest } from "../../base/mod.ts";
import { type Command, UsageError } from "../command.ts";

/** The pages that the exe has in itself, by name, in the order in which a newcomer reads them. */
const PAGES: ReadonlyMap<string, string> = new Map([
  ["readme", "README.md"],
  ...[
    ...[
      "windows",
      "deploy",
      "configuration",
      "icinga",
      "monitoring",
      "fleet",
      "daemons",
      "supervision",
      "security",
    ],
    ...["state", "performance", "architecture", "building"],
  ].map((name) => [name, `docs/${name}.md`] as const),
]);

/** `icinga-warden docs` */
export const docsCommand: Command = {
  name: "docs",
  words: "[PAGE]",
  summary: "print a page of the documentation, or the list of them",
  async run({ words: [name] }) {
    if (name === undefined) return await listPages();
    const page = PAGES.get(name.toLowerCase().replace(/\.md$/, ""));
    if (page === undefined) {
      throw new UsageError(`Unknown page '${name}'; ${suggest(name, [...PAGES.keys()])}`);
    }
    const text = (await readPage(page)).trimEnd();
    return { json: { page: name, text }, text };
  },
};

async function listPages() {
  const pages = await Promise.all([...PAGES].map(async ([name, file]) => {
    const [title = ""] = /(?<=^# ).+/m.exec(await readPage(file)) ?? [];
    return { name, title };
  }));
  const width = Math.max(...pages.map(({ name }) => name.length));
  const lines = pages.map(({ name, title }) => `${name.padEnd(width)}  ${title}`);
  return { json: pages, text: [...lines, "", "Print one: icinga-warden docs PAGE"] };
}

function readPage(file: string): Promise<string> {
  return Deno.readTextFile(new URL(`../../../${file}`, import.meta.url));
}
