import { fault } from "../fault.ts";

export default fault({
  what: "the whole process is held for 5 s, as by a debugger or a machine that sleeps",
  holds: "no thread is taken for frozen, since none could send a heartbeat",
  recovers: false,
  misses: true,
  entry: { frozenAfter: "2s" },
  act: (context) => context.every(100, () => {}),
  logged: [/faulty::run::Main::0: now/],
  async also(bench) {
    bench.signal("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    bench.signal("SIGCONT");
    await new Promise((resolve) => setTimeout(resolve, 2_500));
  },
  notLogged: [/frozen/, /failed/],
});
