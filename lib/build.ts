import settings from "../deno.json" with { type: "json" };

/** What this program was made from. */
export interface BuildInfo {
  /** The version of the program, from deno.json. */
  version: string;
  /** The commit it was compiled from, `<hash>-modified` where files differed; `source` when not compiled. */
  commit: string;
  /** The version of Deno inside. */
  deno: string;
  /** The platform as a target triple. */
  target: string;
}

/** Says what this program was made from. An exe bears it in `dist/build.json`, written by compile.sh. */
export function buildInfo(): BuildInfo {
  return {
    version: settings.version,
    commit: Deno.build.standalone ? embeddedCommit() : "source",
    deno: Deno.version.deno,
    target: Deno.build.target,
  };
}

function embeddedCommit(): string {
  try {
    const file = new URL("../dist/build.json", import.meta.url);
    return JSON.parse(Deno.readTextFileSync(file)).commit;
  } catch {
    return "unknown";
  }
}
