import { fault } from "../fault.ts";

const PIPES = [
  "logs/icinga-warden.log",
  "icinga-warden.run.json",
  "icinga-warden.lock",
  "state.json",
];

export default fault({
  what:
    "the log, the lock, the record of the run and state.json are named pipes that nobody reads or writes",
  holds: "the agent says so, waits for none of them, and goes on without",
  recovers: false,
  async prepare(home) {
    await Deno.mkdir(`${home}/logs`);
    const { success } = await new Deno.Command("mkfifo", {
      args: PIPES.map((pipe) => `${home}/${pipe}`),
    }).output();
    if (!success) throw new Error("mkfifo failed");
  },
  act: (context) => context.every(100, () => context.log.info("goes on")),
  logged: [
    /Cannot lock .*: it is a pipe/,
    /Cannot read the saved state .*: it is a pipe/,
    /faulty::run::Main::0: goes on/,
  ],
  stderr: /Cannot write .*icinga-warden\.log: it is a pipe/,
});
