import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Attempt, attempts } from "../attempt.ts";

/** The most characters of a line that is about one module. */
const LINE = 5_000;

/** A module that is not to be run, by the daemon's name. */
function refused(name: string, what: string, module: string, logged: RegExp): Attempt {
  return {
    name,
    what,
    holds: "it is refused in one line, and the agent starts at once",
    module,
    silent: true,
    logged: [logged],
    notLogged: [new RegExp(`${name}::run::Main::0: ran`)],
    check: ({ output }) => {
      const lines = output.split("\n").filter((line) => line.includes(name));
      assert(lines.length <= 3, `${lines.length} lines`);
      for (const line of lines) assert(line.length < LINE, `a line of ${line.length} characters`);
    },
  };
}

const run = "run: (context) => (context.log.info('ran'), context.every(1_000, () => {}))";

/** What `daemon test` is given: the module's run, and what its report must show. */
const TRIALS: Record<string, [run: string, code: number, shows: RegExp]> = {
  trial_names: [
    `for (const m of ["constructor", "prototype", "__proto__"]) {
      for (const k of ["entries", "prototype", "__proto__"]) context.state.map(m).set(k, 1);
    }`,
    0,
    /passed/,
  ],
  trial_throws: [
    `throw new Error("x" + " ".repeat(1e6) + "\\r".repeat(1e6) + "x")`,
    1,
    /trial_throws/,
  ],
  trial_logs: [
    `for (let i = 0; i < 5e3; i++) {
      context.log.info("x".repeat(5000) + "\\x1b[2J\\u202e");
      if (i % 200 === 0) await context.sleep(1); // It does not block its thread, on a slow machine either.
    }`,
    0,
    /logged 5000 records/,
  ],
  trial_posts: [
    `self.postMessage({ type: "done", error: new Uint8Array(1e6) })`,
    1,
    /not available/,
  ],
};

export default attempts(
  {
    name: "name_throws",
    what: "its module's name is a getter that throws an error with a million spaces",
    holds: "it is refused in one line, the agent starts, and `daemon test` ends",
    module: `export default { get name() { throw new Error("x" + " ".repeat(1e6) + "x"); } };`,
    silent: true,
    logged: [/\[ERROR\] agent: .*name_throws/],
    also: (bench) => bench.again("daemon", "test", "name_throws"),
    check: ({ output, also }) => {
      assertEquals(output.split("\n").every((line) => line.length < LINE), true);
      assertEquals([also.code, `${also.stdout}${also.stderr}`.length < LINE], [1, true]);
    },
  },
  refused(
    "name_throws_text",
    "its module's name throws a text with a million line ends",
    `export default { get name() { throw "x" + " ".repeat(1e6) + "\\r".repeat(1e6) } };`,
    /Daemon 'name_throws_text' cannot run: /,
  ),
  refused(
    "says_much",
    "its module describes itself in a hundred million characters",
    `export default { name: "says_much", description: "d".repeat(1e8), ${run} };`,
    /Daemon 'says_much' cannot run: .*at most 1000 characters/,
  ),
  refused(
    "shares_defaults",
    "a default of its arguments shares its parts: 2^60 leaves as a tree",
    `let d = "x"; for (let i = 0; i < 60; i++) d = [d, d];
export default { name: "shares_defaults", description: "", arguments: { a: { type: "list", description: "", default: d } }, ${run} };`,
    /Daemon 'shares_defaults' cannot run: /,
  ),
  refused(
    "asks_for_much",
    "its module declares a thousand permissions",
    `export default { name: "asks_for_much", description: "", permissions: { read: Array(1000).fill("x") }, ${run} };`,
    /Daemon 'asks_for_much' cannot run: .*at most 100/,
  ),
  refused(
    "never_loads",
    "the top level of its module never ends",
    `await new Promise(() => {}); export default { name: "never_loads", description: "", ${run} };`,
    /Daemon 'never_loads' cannot run: .*did not load within 5 s/,
  ),
  refused(
    "spins_at_top",
    "the top level of its module spins",
    `for (;;); export default { name: "spins_at_top", description: "", ${run} };`,
    /Daemon 'spins_at_top' cannot run: .*did not load within 5 s/,
  ),
  refused(
    "patches_then",
    "its module gives every object a toJSON and a then",
    `Object.prototype.toJSON = () => "x".repeat(3e5); Object.prototype.then = () => {};
export default { name: "patches_then", description: "", ${run} };`,
    /Daemon 'patches_then' cannot run: /,
  ),
  {
    ...refused(
      "imports_much",
      "its module has four megabytes of imports, in a circle with pipes and /dev/zero",
      `import "./imports_much.js"; import "./pipe.js"; import "/dev/zero";
${'import "./healthy_one.js";'.repeat(100_000)}
export default { name: "imports_much", description: "", ${run} };`,
      /Daemon 'imports_much' cannot run: /,
    ),
    prepare: async (home) => {
      await new Deno.Command("mkfifo", { args: [`${home}/daemons/pipe.js`] }).output();
    },
  },
  {
    name: "is_huge",
    what: "its module has 16 MB",
    holds: "it is refused in one line",
    module: `//${"x".repeat(16e6)}`,
    silent: true,
    logged: [/Daemon 'is_huge' cannot run: .*at most 4\s?MB/],
  },
  {
    name: "crowds_folder",
    what: "its folder holds ten thousand modules",
    holds: "the agent starts, uses the first thousand, and says so; `daemon list` answers",
    act: (context) => context.threadName,
    prepare: async (home) => {
      for (let i = 0; i < 10_000; i++) {
        await Deno.writeTextFile(`${home}/daemons/zz${i}.js`, `export default { name: "zz${i}" };`);
      }
    },
    alone: true,
    logged: [/holds 1\d{4} modules; only the first 1000/],
    check: ({ views }) => assertMatch(views["daemon list"]!, /only the first 1000/),
  },
  {
    name: "is_tried",
    what:
      "`daemon test` runs modules that set odd names, throw megabytes, flood its log, and post reports",
    holds: "each ends with a verdict in a few lines",
    prepare: async (home) => {
      for (const [name, [body]] of Object.entries(TRIALS)) {
        await Deno.writeTextFile(
          `${home}/daemons/${name}.js`,
          `export default { name: "${name}", description: "", async run(context) { ${body} } };`,
        );
      }
    },
    act: (context) => context.threadName,
    also: async (bench) => {
      const results: Record<string, unknown> = {};
      for (const name of Object.keys(TRIALS)) {
        const { code, stdout, stderr } = await bench.again("daemon", "test", name);
        results[name] = { code, text: `${stdout}${stderr}` };
      }
      return results;
    },
    check: ({ also }) => {
      for (const [name, [, code, shows]] of Object.entries(TRIALS)) {
        const { code: got, text } = also[name];
        assertEquals(got, code, `${name}: ${text.slice(0, 2_000)}`);
        assertMatch(text, shows, name);
        assert(text.length < 200_000, `${name} printed ${text.length} characters`);
      }
    },
  },
);
