import settings from "../../deno.json" with { type: "json" };

/** What this program was made from. */
export interface BuildInfo {
  /** The version of the program, from deno.json. */
  version: string;
  /** The commit it was compiled from, with `-modified` where files differed from it; `source` when it runs from source. */
  commit: string;
  /** Deno's version. */
  deno: string;
  /** The platform as a target triple. */
  target: string;
}

/** What this program was made from. In an exe it is read from `dist/build.json`, which compile.sh wrote. */
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
    const file = new URL("../../dist/build.json", import.meta.url);
    return JSON.parse(Deno.readTextFileSync(file)).commit;
  } catch {
    return "unknown";
  }
}
