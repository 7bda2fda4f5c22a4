/**
 * Runs the tests, all of them or the given folders and files; other arguments are those of `deno test`. Names at the end
 * the command that runs those that this machine had to skip.
 *
 * @module
 */
const skipped = await Deno.makeTempFile({ prefix: "skipped-" });
const isPath = (arg: string) => arg.startsWith("tests/");
const paths = Deno.args.some(isPath) ? [] : ["tests/"];
const tests = new Deno.Command(Deno.execPath(), {
  args: ["test", "-A", "--no-check", ...paths, ...Deno.args],
  env: { ICINGA_WARDEN_SKIPPED: skipped },
});
const { code } = await tests.spawn().status;
const count = (await Deno.readTextFile(skipped)).split("\n").length - 1;
await Deno.remove(skipped);
// deno-lint-ignore no-console
if (count > 0) console.log(`${count} tests or groups of them were skipped. To run them: .ci/run`);
Deno.exit(code);
