/**
 * The page that shows what a running agent knows, in plain JavaScript that a browser loads without a build step.
 *
 * @module
 */

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** The files that the page is made of, in this folder and inside the exe, by their paths in addresses. */
export const PAGE_FILES: ReadonlyMap<string, string> = new Map([
  ["/", "index.html"],
  ...[
    ...["page.css", "icon.svg", "page.js", "agent.js", "daemons.js", "dom.js", "format.js"],
    ...["log.js", "services.js", "state.js", "strip.js", "tree.js", "verdict.js"],
  ].map((name) => [`/${name}`, name] as const),
]);

/**
 * Reads one of the page's files.
 *
 * @returns its media type and its bytes
 */
export async function readPageFile(
  name: string,
): Promise<{ type: string; bytes: Uint8Array<ArrayBuffer> }> {
  const bytes = await Deno.readFile(new URL(`./${name}`, import.meta.url));
  return { type: TYPES[name.slice(name.lastIndexOf(".") + 1)]!, bytes };
}
