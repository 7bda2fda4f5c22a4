/**
 * Modules as an outside author would write them, good and bad; for the exes of every system.
 *
 * @module
 */

/** A daemon that logs each of its beats. */
export function beat(name: string): string {
  return `let n = 0;
export default { name: "${name}", description: "", run: (context) =>
  context.every(100, () => context.log.info("beat " + ++n)) };`;
}

/** Modules that cannot be used, by their files, and what is said of each. */
export const BAD: Record<string, [text: string, said: RegExp]> = {
  "syntax.js": [`export default {\n  name: ;\n};`, /daemons.syntax\.js:2:9: /],
  "endless.js": [`for (;;);`, /daemons.endless\.js: did not load within 5 s/],
  "waits.js": [`await new Promise(() => {});`, /daemons.waits\.js: did not load within 5 s/],
  "throws.js": [`\nthrow new Error("as it does");`, /daemons.throws\.js:2:7: as it does/],
  "missing.js": [`import "./gone.js";`, /daemons.missing\.js:1:\d+: cannot find .*gone\.js/],
  "foreign.js": [
    `import "lodash";`,
    /daemons.foreign\.js:1:\d+: cannot import "lodash"; known: icinga-warden\/daemon/,
  ],
  "number.js": [`export default 42;`, /daemons.number\.js: its default export is a number/],
  "nothing.js": [`export const x = 1;`, /daemons.nothing\.js: has no default export/],
  "renamed.js": [beat("other"), /daemons.renamed\.js: name: got "other"; expected "renamed"/],
  "typed.ts": [
    `const x: number = 1; export default x;`,
    /daemons.typed\.ts: TypeScript, and .* reads JavaScript only/,
  ],
  "posts.js": [
    `postMessage("hello"); ${beat("posts")}`,
    /daemons.posts\.js:1:1: postMessage is not available in a daemon/,
  ],
  "exits.js": [`Deno.exit(0);`, /daemons.exits\.js: it called Deno\.exit\(0\)/],
  "mute.js": [
    `throw { get message() { throw 1; } };`,
    /daemons.mute\.js: threw something that cannot be shown/,
  ],
  "rejects.js": [
    `console.log("shown raw"); Promise.reject(new Error("as it\\n does")); await new Promise(() => {});`,
    /daemons.rejects\.js: as it does \(while it was loaded\)/,
  ],
  "package.js": [
    `import "npm:lodash";`,
    /daemons.package\.js:1:\d+: cannot import "npm:lodash": a daemon imports no packages/,
  ],
  "web.js": [
    `import "https://nowhere.example/x.js";`,
    /daemons.web\.js:1:\d+: cannot import "https:.*": a daemon imports no packages/,
  ],
  "mystery.js": [
    `export default { name: "mystery", description: 7, run() {} };`,
    /daemons.mystery\.js: description: got 7; expected text in quotes/,
  ],
  "needy.js": [
    `export default { name: "needy", description: "", permissions: { net: ["localhost"] }, run() {} };`,
    /Daemon 'needy' cannot run: it needs permissions that daemons\.needy\.permissions does not grant: net "localhost"/,
  ],
  "wanting.js": [
    `export default { name: "wanting", description: "", arguments: { drive: { type: "string", description: "a drive" } }, run() {} };`,
    /icinga-warden\.json:\d+:\d+: daemons\.wanting\.arguments\.drive: missing; it has no default: a drive/,
  ],
};

/** Tries what it did not declare, and lives on. */
export const CURIOUS = `const tries = {
  file: () => Deno.readTextFileSync("/etc/hostname"),
  host: () => fetch("http://127.0.0.1:9/"),
  program: () => new Deno.Command(Deno.build.os === "windows" ? "C:\\\\windows\\\\system32\\\\cmd.exe" : "/bin/true").outputSync(),
  ffi: () => Deno.dlopen("libc.so.6", {}),
};
export default { name: "curious", description: "tries", async run(context) {
  for (const [name, attempt] of Object.entries(tries)) {
    try { await attempt(); context.log.info(name + " allowed"); }
    catch (error) { context.log.error(name + ": " + error.message); }
  }
  await context.every(100, () => context.log.info("lives on"));
} };`;

/** What it tries, and the permission that it lacks for it. */
export const REFUSED = { file: "read", host: "net", program: "run", ffi: "ffi" };
