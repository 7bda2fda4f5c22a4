/**
 * Makes the reference at the end of docs/daemons.md from the doc comments of what a daemon's author sees:
 * `deno run -A tools/reference.ts`. A test holds the page to it.
 *
 * @module
 */

/** What the reference tells of, in order: each is an interface, a class or a function of a file. */
const SUBJECTS: readonly (readonly [file: string, names: readonly string[]])[] = [
  ["lib/daemon/context.ts", [
    "DaemonContext",
    "DaemonLog",
    "DaemonState",
    "DaemonHost",
    "Disk",
    "Service",
  ]],
  ["lib/daemon/timing.ts", ["EveryOptions", "CronOptions", "CronRun", "RetryOptions"]],
  ["lib/daemon/fetching.ts", ["FetchOptions"]],
  ["lib/daemon/running.ts", ["RunOptions", "RunResult"]],
  ["lib/daemon/define.ts", ["DaemonDefinition", "Termination"]],
  ["lib/daemon/verdict.ts", ["VerdictNumber", "ReportOptions"]],
  ["lib/daemon/define.ts", ["MapSpec"]],
  ["lib/daemon/metrics.ts", ["MetricSpec"]],
  ["lib/daemon/permissions.ts", ["DaemonPermissions"]],
  ["lib/state/map.ts", ["ReplicatedMap"]],
  ["lib/daemon/context.ts", ["ThreadOptions", "ThreadHandle"]],
  ["lib/testing/simulate.ts", ["simulate"]],
  ["lib/testing/options.ts", ["SimulationOptions"]],
  ["lib/testing/simulate.ts", ["Simulation"]],
];

const PAGE = new URL("../docs/daemons.md", import.meta.url);

/** What stands before the reference in the page. */
export const MARK = "<!-- reference -->\n";

if (import.meta.main) {
  const page = await Deno.readTextFile(PAGE);
  await Deno.writeTextFile(PAGE, page.slice(0, page.indexOf(MARK)) + MARK + await makeReference());
}

/** The reference in Markdown. */
export async function makeReference(): Promise<string> {
  const parts: string[] = [];
  for (const [file, names] of SUBJECTS) {
    const source = await Deno.readTextFile(new URL(`../${file}`, import.meta.url));
    for (const name of names) parts.push(describe(name, source));
  }
  return `\n${parts.join("\n")}`;
}

function describe(name: string, source: string): string {
  const declaration = new RegExp(
    `(/\\*\\*(?:(?!\\*/)[^])*\\*/)\\nexport (interface|class|function) ${name}\\b([^]*?\\n)\\}\\n`,
  ).exec(source);
  if (!declaration) throw new Error(`There is no ${name} with a doc comment`);
  const [, comment = "", kind, body = ""] = declaration;
  const members = kind === "function" ? [] : membersOf(body);
  return [`### ${name}`, "", text(comment), "", ...members, ""].join("\n").replace(/\n+$/, "\n");
}

/** The members with a doc comment, each as an item of a list; private ones and constructors have none. */
function membersOf(body: string): string[] {
  const members = body.matchAll(/^ {2}(\/\*\*(?:(?!\*\/)[^])*\*\/)\n {2}([^]*?)(?:;$| \{$)/gm);
  return [...members]
    .map(([, comment = "", signature = ""]) => ({ comment, signature: oneLine(signature) }))
    .filter(({ signature }) => !/^(?:constructor|.*#)/.test(signature))
    .map(({ comment, signature }) => `- \`${signature}\`: ${text(comment).replaceAll("\n", " ")}`);
}

function oneLine(signature: string): string {
  return signature.replace(/\s+/g, " ").replace(/^get (\w+)\(\)/, "$1").replace(
    /^(?:readonly |get |async |\*)+/,
    "",
  ).replace(
    / = \S+$/,
    "",
  ).replace(/,? \)/g, ")")
    .replaceAll("( ", "(").trim();
}

/** A doc comment's text: links as code, parameters and errors as sentences, examples left out. */
function text(comment: string): string {
  return comment
    .replace(/^\/\*\*|\*\/$/g, "")
    .replace(/^\s*\* ?/gm, "")
    .replace(/\n@example[^]*/, "")
    .replaceAll(/\{@linkcode ([\w.]+)\}/g, "`$1`")
    .replaceAll(/@param (\w+) /g, "`$1`: ")
    .replaceAll(/@throws \{(\w+)\} /g, "Throws `$1` ")
    .replaceAll(/\s*\n+(?=`\w+`: |Throws )/g, "\n")
    .trim()
    .replaceAll(/\n\n+/g, "\n")
    .replaceAll(/\n/g, " ");
}
