import { response } from "./http/mod.ts";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** The files that the page is made of, in `page/` and inside the exe, by their paths in addresses. */
export const PAGE_FILES: ReadonlyMap<string, string> = new Map([
  ["/", "index.html"],
  ...[
    ...["page.css", "icon.svg", "page.js", "agent.js", "daemons.js", "dom.js", "format.js"],
    ...["log.js", "services.js", "state.js", "strip.js", "tree.js", "verdict.js"],
  ].map((name) => [`/${name}`, name] as const),
]);

/** What the page may load: its own files, and nothing inline. */
const POLICY = [
  "default-src 'none'",
  ...["script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'"],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join("; ");

/** One of the page's files. */
export async function pageFile(name: string): Promise<Response> {
  const bytes = await Deno.readFile(new URL(`./page/${name}`, import.meta.url));
  const type = TYPES[name.slice(name.lastIndexOf(".") + 1)]!;
  return response(type, bytes, { headers: { "content-security-policy": POLICY } });
}
