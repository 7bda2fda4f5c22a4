import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { join } from "node:path";
import { type Bench, onBench } from "../faults/bench.ts";
import { HEALTHY_MODULE } from "../faults/fault.ts";
import { residentMemory } from "../faults/memory.ts";
import { crowding } from "../faults/ticks.ts";
import { stopInOrder } from "../faults/try.ts";
import { type Attempt, type Evidence, hostileModule } from "./attempt.ts";
import type { Program } from "./program.ts";
import { laySecrets, outsideOf, SECRET_ENVIRONMENT, SECRETS } from "./secrets.ts";
import { readViews } from "./views.ts";

const MB = 1024 ** 2;

/** What an agent may take with some daemons that behave, bytes. */
const AGENT_MEMORY = 250 * MB;
const DAEMON_MEMORY = 25 * MB;

/**
 * So many ticks in a row may a healthy daemon miss beyond those that the metronome missed, too: 2 s of them, and as
 * much more as the machine has more to do than it has processors, since what is due comes when it is its turn.
 */
function allowedTicks(): number {
  return 4 * Math.max(1, crowding());
}

/** What came of several attempts against one agent. */
export interface Siege {
  /** By attempt. */
  evidence: ReadonlyMap<Attempt, Evidence>;
  /** The most resident memory that was seen, bytes. */
  memory: number;
}

/** Lets daemons try what they will beside a healthy agent; rejects when the agent or another daemon suffered. */
export async function besiege(program: Program, attempts: readonly Attempt[]): Promise<Siege> {
  let siege: Siege | undefined;
  const options = {
    program: program.command,
    files: filesOf(attempts),
    env: () => SECRET_ENVIRONMENT,
    prepare: async (home: string) => {
      await laySecrets(home);
      await Deno.writeTextFile(join(home, "icinga-warden.json"), configuration(home, attempts));
      for (const { prepare } of attempts) await prepare?.(home);
    },
  };
  await onBench(options, async (bench) => {
    try {
      siege = await watch(bench, attempts);
    } catch (error) {
      throw new Error(await explain(bench, error));
    }
  });
  return siege!;
}

/** What went wrong, how the agent ended if it did by itself, and what it printed. */
async function explain(bench: Bench, error: unknown): Promise<string> {
  const waited = new Promise<void>((resolve) => setTimeout(resolve, 1_000));
  const end = await Promise.race([bench.ended(), waited]);
  const ended = end ? `\nthe agent ended with ${end.code}: ${endOf(end.stderr)}` : "";
  const why = error instanceof Error ? error.message : String(error);
  return `${why}${ended}\n${endOf(bench.output())}`;
}

/** Floods print much. */
function endOf(output: string): string {
  return output.length > 20_000 ? `…${output.slice(-20_000)}` : output;
}

function filesOf(attempts: readonly Attempt[]): Record<string, string> {
  const more = attempts.flatMap(({ daemons = {} }) => Object.entries(daemons));
  return Object.fromEntries([
    ["daemons/healthy_one.js", HEALTHY_MODULE],
    ["daemons/healthy_two.js", HEALTHY_MODULE.replace("healthy_one", "healthy_two")],
    ["daemons/victim.js", VICTIM_MODULE],
    ...attempts.map((attempt) => [`daemons/${attempt.name}.js`, hostileModule(attempt)]),
    ...more.map(([name, text]) => [
      `daemons/${name}.js`,
      `export default { name: "${name}", description: "helps", ${text} };`,
    ]),
  ]);
}

/** Another daemon, whom nobody may harm. */
const VICTIM_MODULE = `
export default {
  name: "victim",
  description: "holds what is its own",
  async run(context) {
    const own = context.state.map("Own");
    own.set("value", "mine");
    const polluted = new Set();
    await context.every(250, () => {
      if (own.get("value") !== "mine") context.log.error("the victim reads " + own.get("value"));
      for (const key in {}) polluted.add(key);
    });
    context.log.info("polluted=" + JSON.stringify([...polluted]));
  },
};
`;

function configuration(home: string, attempts: readonly Attempt[]): string {
  const loot = { home, outside: outsideOf(home) };
  const names = ["healthy_one", "healthy_two", "victim"];
  const more = attempts.flatMap(({ daemons = {} }) => Object.keys(daemons));
  const entries = attempts.map(({ name, entry, module }) => [name, {
    module: `daemons/${name}.js`,
    ...(module === undefined && { arguments: loot }),
    ...entry,
  }]);
  return `// ${SECRETS.configuration}
${
    JSON.stringify({
      daemons: {
        icinga_agent_service: { arguments: { interval: "500ms" } },
        ...Object.fromEntries([...names, ...more].map((name) => [name, {
          module: `daemons/${name}.js`,
        }])),
        ...Object.fromEntries(entries),
      },
      threadPools: { MainPool: { max: attempts.length === 1 ? attempts[0]!.pool ?? 200 : 200 } },
      control: { listen: "127.0.0.1:0" },
    })
  }`;
}

async function watch(bench: Bench, attempts: readonly Attempt[]): Promise<Siege> {
  let memory = 0;
  const sampling = setInterval(() => memory = Math.max(memory, memoryOf(bench.pid)), 100);
  try {
    const made = new Map(
      await Promise.all(
        attempts.map(async (attempt) => [attempt, await witness(bench, attempt)] as const),
      ),
    );
    await bench.printed(/the page are served/);
    const token = (await Deno.readTextFile(join(bench.home, "control.token"))).trim();
    const views = await readViews(bench, token);
    const output = await stopInOrder(bench, { allowed: allowedTicks() });
    holdsForAll(output, token);
    const limit = attempts.length === 1 ? attempts[0]!.memory : undefined;
    const most = limit ?? AGENT_MEMORY + attempts.length * DAEMON_MEMORY;
    assert(memory < most, `the agent took ${memory / MB} MB, and ${most / MB} are allowed`);
    const evidence = attempts.map((attempt) =>
      [attempt, { output, views, ...made.get(attempt)! }] as const
    );
    return { evidence: new Map(evidence), memory };
  } finally {
    clearInterval(sampling);
  }
}

/** What an attempt comes to; one that does not come to it spoils no other's. */
async function witness(
  bench: Bench,
  attempt: Attempt,
): Promise<Pick<Evidence, "outcome" | "also" | "problem">> {
  let outcome: unknown;
  try {
    if (!attempt.silent) outcome = await outcomeOf(bench, attempt);
    for (const pattern of attempt.logged ?? []) await bench.printed(pattern);
    return { outcome, also: await attempt.also?.(bench) };
  } catch (error) {
    return { outcome, also: undefined, problem: error };
  }
}

function memoryOf(pid: number): number {
  try {
    return residentMemory(pid);
  } catch {
    return 0;
  }
}

async function outcomeOf(bench: Bench, { name }: Attempt): Promise<unknown> {
  const pattern = ` ${name}::run::Main::0: outcome (.*)|Daemon '${name}' cannot run: (.*)`;
  const [, text, refused] = await bench.printed(new RegExp(`(?:${pattern})$`, "m"));
  if (refused !== undefined) throw new Error(`its module is refused: ${refused}`);
  return JSON.parse(text!).value;
}

/** What must hold of every agent, whatever was tried. */
function holdsForAll(output: string, token: string): void {
  for (const [where, secret] of Object.entries({ ...SECRETS, token: token.slice(-43) })) {
    assertFalse(output.includes(secret), `the secret of the ${where} is in the log`);
  }
  const innocent =
    /\[(WARNING|ERROR|FATAL)\] (healthy_\w+|victim|icinga_agent_service|agent: \w+ (healthy|victim|icinga))/;
  assertEquals(innocent.exec(output)?.[0], undefined, "a record about who did nothing");
  assertMatch(output, /victim::run::Main::0: polluted=\[\]$/m);
}
