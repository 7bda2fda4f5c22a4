import { fault } from "../fault.ts";

export default fault({
  what: "nothing can be written in home: neither the log, nor the lock, nor the record of the run",
  holds: "each is said once, and the agent and its daemons go on",
  recovers: false,
  prepare: (home) =>
    putInTheWay(home, "logs/icinga-warden.log", "icinga-warden.lock", "icinga-warden.run.json"),
  act: (context) => context.every(100, () => context.log.info("still here")),
  logged: [/Cannot lock .*icinga-warden\.lock/, /still here(.|\n)*still here/],
  stderr: /^Cannot write .*icinga-warden\.log: [^\n]*\n$/,
});

/** Folders in the place of files: nobody can write there, not even root. */
async function putInTheWay(home: string, ...files: string[]): Promise<void> {
  for (const file of files) await Deno.mkdir(`${home}/${file}`, { recursive: true });
}
