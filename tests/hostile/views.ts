import type { Bench } from "../faults/bench.ts";

/** What people and programs look at: commands of the program. */
const COMMANDS: readonly string[][] = [
  ["status"],
  ["status", "--json"],
  ["check"],
  ["get", "--json"],
  ["logs"],
  ["daemon", "list"],
  ["thread", "list"],
];

/** …and what the endpoint serves to the page, to scripts and to Prometheus. */
const PATHS = ["/api/status", "/api/state", "/api/paths", "/api/history", "/api/logs", "/metrics"];

/** What each view shows, by its command line or its path; a command's exit code comes first. */
export async function readViews(bench: Bench, token: string): Promise<Record<string, string>> {
  const [port] = token.split("-");
  const served = await Promise.all(PATHS.map(async (path) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(300_000),
    });
    return [path, `${response.status}\n${await response.text()}`] as const;
  }));
  const commands: [string, string][] = [];
  for (const args of COMMANDS) {
    const { code, stdout, stderr } = await bench.again(...args);
    commands.push([args.join(" "), `${code}\n${stdout}${stderr}`]);
  }
  return Object.fromEntries([...served, ...commands]);
}
