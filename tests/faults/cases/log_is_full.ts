import { fault } from "../fault.ts";

export default fault({
  what: "the disk that the log is on is full",
  holds:
    "it is said once on standard error, the agent goes on, and the records wait until the log can be written",
  recovers: false,
  prepare: (home) => putFullDevice(home),
  act: (context) => context.every(100, () => context.log.info("still here")),
  logged: [/still here(.|\n)*still here/],
  async also(bench) {
    await Deno.remove(`${bench.home}/logs/icinga-warden.log`);
    await bench.until(
      "the log can be written again",
      () => /Started icinga-warden(.|\n)*still here/.test(bench.log()),
    );
  },
  stderr: /^Cannot write .*icinga-warden\.log: no space is left on the disk.*\n$/,
});

async function putFullDevice(home: string): Promise<void> {
  await Deno.mkdir(`${home}/logs`);
  await Deno.symlink("/dev/full", `${home}/logs/icinga-warden.log`);
}
