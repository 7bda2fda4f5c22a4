import { fault } from "../fault.ts";

const COUNT = 50;

/** What so many threads take, and some more, bytes. */
const NEEDED = 2e9;

export default fault({
  what: "fifty daemons start at once, while other agents keep the machine busy",
  holds: "all of them run, and none is taken for one that hangs or takes the memory",
  missing: () =>
    Deno.systemMemoryInfo().available < NEEDED
      ? `fifty threads take 1 GB, and there are less than ${NEEDED / 1e9} GB to be had`
      : undefined,
  pools: { MainPool: { max: 2 * COUNT } },
  recovers: false,
  act: (context) => context.every(1_000, () => {}),
  daemons: Object.fromEntries(
    Array.from({ length: COUNT }, (_, i) => [
      `one_of_many_${i}`,
      `async run(context) {
        context.log.info("one more");
        await context.every(1_000, () => {});
      },`,
    ]),
  ),
  async also(bench) {
    const running = () => bench.output().match(/one more$/gm)?.length ?? 0;
    await bench.until("all run", () => running() >= COUNT);
    // By then an alarm of their start would have been raised, and its patience over.
    await new Promise((resolve) => setTimeout(resolve, 12_000));
  },
  notLogged: [/failed/, /frozen/, /memory/],
});
