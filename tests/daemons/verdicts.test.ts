import { assertEquals } from "@std/assert";
import { builtinDaemons } from "../../daemons/mod.ts";
import { simulate } from "../../lib/testing/author.ts";

/** How long a verdict of each daemon holds without another one, s: three times its interval, and its time limit. */
const HOLDS: [daemon: string, given: Record<string, unknown>, seconds: number][] = [
  ["disk_space", {}, 180],
  ["disk_space", { interval: "10s" }, 30],
  ["certificate_expiry", { files: ["/nowhere.pem"] }, 3 * 3600],
  ["http_check", { url: "http://a" }, 190],
  ["http_check", { url: "http://a", timeout: "2s", interval: "10s" }, 32],
  ["program_check", { program: "a" }, 210],
  ["program_check", { program: "a", timeout: "2s", interval: "10s" }, 32],
];

Deno.test("a verdict holds until three looks in a row have failed to come", async () => {
  for (const [name, given, seconds] of HOLDS) {
    const run = simulate(builtinDaemons.get(name)!.definition, {
      arguments: given,
      run: () => ({}),
      fetch: () => new Response(),
    });
    await run.advance("1s");
    const { at, until } = run.map("Verdict").get("now") as { at: string; until: string };
    assertEquals((Date.parse(until) - Date.parse(at)) / 1_000, seconds, name);
    await run.stop();
  }
});
