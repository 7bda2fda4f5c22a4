import { fault } from "../fault.ts";
import { stopInOrder } from "../try.ts";

export default fault({
  what: "the configuration is overwritten with garbage while it runs",
  holds: "it is refused with its place, and the old one stays in force",
  async agent(bench) {
    await bench.printed(/healthy_two::run::Main::0: ticking/);
    await Deno.writeTextFile(`${bench.home}/icinga-warden.json`, '{ "daemons": [ }');
    await bench.printed(/\[ERROR\] agent: .*icinga-warden\.json:1:\d+/);
    await stopInOrder(bench);
  },
});
