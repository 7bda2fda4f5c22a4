import { pathToFileURL } from "node:url";
import { attempt, counted, errorMessage, excerpt, sanitize, toJson } from "../../base/mod.ts";
import { withDefaults } from "../../daemon/mod.ts";
import { describePermissions, fillIn, type Grant } from "../../registry/mod.ts";
import { examineModule, ownReads, workerPermissions } from "../../thread/mod.ts";
import { runTrial, type TrialReport } from "../../testing/mod.ts";
import { type Action, EXIT, UsageError } from "../command.ts";
import { readRunTime } from "../parse.ts";
import { describeProblems, type GivenArguments, readGiven } from "./arguments.ts";
import {
  allSubjects,
  chooseSubject,
  DAEMON_FLAGS,
  findKnown,
  grantOf,
  type Known,
  origin,
  type Subject,
} from "./subject.ts";

/** How long a daemon runs by default, simulated ms. */
const SPAN = 60_000;

/** How many records are printed. */
const SHOWN = 20;

/** The result for one daemon. */
interface Verdict extends Partial<TrialReport> {
  name: string;
  from: string;
  /** Why it failed; absent when it passed. */
  problem?: string;
  permissions?: Grant;
}

/** `icinga-warden daemon test [NAME]` */
export const testAction: Action = {
  words: "[NAME [key=value...]]",
  summary:
    "load, check and run a daemon on a simulated context with a fast clock, and the tests beside it; all of home's without NAME",
  flags: {
    for: DAEMON_FLAGS.for,
    state: {
      value: "PATH=VALUE",
      many: true,
      help:
        "daemon test: what another daemon's map holds, such as other.Map.key=5; may be given several times",
    },
    grant: DAEMON_FLAGS.grant,
  },
  async run(invocation) {
    const [name, ...words] = invocation.words;
    const span = readRunTime(invocation) ?? SPAN;
    const state = readState(invocation.lists.state ?? []);
    const options = { words, span, state, grant: invocation.given.has("grant") };
    const known = await findKnown(invocation);
    const subjects = name === undefined ? ownSubjects(known) : [chooseSubject(name, known)];
    const verdicts: Verdict[] = [];
    for (const subject of subjects) verdicts.push(await judge(subject, known, options));
    return {
      json: verdicts,
      text: verdicts.map(describe).join("\n\n") || nothing(known),
      code: verdicts.every(({ problem }) => problem === undefined) ? EXIT.done : EXIT.failed,
    };
  },
};

/** The unusable modules of the folder, and the daemons whose module is, or should be, in a file. */
function ownSubjects(known: Known): Subject[] {
  const unusable = known.modules.filter(({ problem }) => problem !== undefined);
  const names = new Set(unusable.map(({ name }) => name));
  const subjects = allSubjects(known).filter(({ name, file, problem }) =>
    file !== undefined || (problem !== undefined && !names.has(name))
  );
  return [...unusable, ...subjects];
}

function nothing({ paths: { home } }: Known): string {
  return `There is no daemon of your own in ${home}; make one with: icinga-warden daemon new NAME`;
}

interface TestOptions {
  words: readonly string[];
  span: number;
  state: Record<string, Record<string, unknown>>;
  grant: boolean;
}

async function judge(subject: Subject, known: Known, options: TestOptions): Promise<Verdict> {
  const { name, problem } = subject;
  const verdict: Verdict = { name, from: origin(subject) };
  if (problem !== undefined) return { ...verdict, problem };
  const fail = (error: unknown) => ({ ...verdict, problem: sanitize(errorMessage(error)) });
  const read = await readGiven(subject, options.words, known.paths.home).catch(fail);
  if ("problem" in read) return read;
  const wrong = describeProblems(read.problems);
  if (wrong !== "" && options.words.length > 0) {
    throw new UsageError(`Cannot test '${name}': ${wrong}`);
  }
  if (wrong !== "") {
    return { ...verdict, problem: `${wrong}; give arguments as key=value after its name` };
  }
  const tried = await tryOut(subject, read, known, options).catch(fail);
  return { ...verdict, ...tried };
}

async function tryOut(
  subject: Subject,
  { description, given }: GivenArguments,
  { paths: { home }, loaded: { config } }: Known,
  { span, state, grant }: TestOptions,
): Promise<Partial<Verdict>> {
  const { name, file } = subject;
  const values = withDefaults(description.arguments, given);
  const permissions = grant
    ? { permissions: fillIn(description.permissions, { home, arguments: values }), missing: {} }
    : grantOf(subject, description, home, given);
  const tests = file === undefined ? undefined : await findTests(file);
  const paths = [file, tests].filter((path) => path !== undefined);
  const files = await Promise.all(paths.map(async (path) => (await examineModule(path)).files));
  const report = await runTrial(
    {
      module: file === undefined ? builtinUrl(subject) : pathToFileURL(file).href,
      name,
      arguments: given,
      home,
      span,
      state,
      pools: Object.keys(config.threadPools),
      ...(tests !== undefined && { tests: pathToFileURL(tests).href }),
    },
    workerPermissions(permissions.permissions, ownReads(files.flat(), home), []),
  );
  return { ...report, permissions, ...problemOf(report) };
}

/**
 * Reads values of the public state: `PATH.KEY=JSON`, where what is not JSON is a text, since shells take quotes away.
 *
 * @returns each map's entries by its path.
 * @throws {UsageError} when one has another form.
 */
export function readState(typed: readonly string[]): Record<string, Record<string, unknown>> {
  const state: Record<string, Record<string, unknown>> = {};
  for (const text of typed) {
    const [, path = "", key = "", value = ""] =
      /^((?:Agent|(?:Daemons\.)?[a-z]\w*)\.\w+)\.([^=]+)=(.*)$/s.exec(text) ?? [];
    if (path === "") {
      throw new UsageError(
        `Flag '--state' is '${
          excerpt(text)
        }'; expected DAEMON.MAP.KEY=VALUE, such as other.Map.key=5`,
      );
    }
    const full = /^(?:Agent|Daemons)\./.test(path) ? path : `Daemons.${path}`;
    (state[full] ??= {})[key] = attempt(() => JSON.parse(value), () => value);
  }
  return state;
}

function builtinUrl({ builtin }: Subject): string {
  return import.meta.resolve(`../../../daemons/${builtin}.ts`);
}

function problemOf({ error, tests, refused }: TrialReport): { problem?: string } {
  const failed = tests.filter((test) => test.error !== undefined).length;
  if (error !== undefined) return { problem: sanitize(error) };
  if (failed > 0) return { problem: `${failed} of ${tests.length} tests failed` };
  if (refused.length === 0) return {};
  const what = sanitize(refused.join(", "));
  return { problem: `refused ${what}; its module declares it, and '--grant' grants it here` };
}

async function findTests(file: string): Promise<string | undefined> {
  for (const extension of [".ts", ".js", ".mjs"]) {
    const tests = file.replace(/\.\w+$/, `.test${extension}`);
    if (await Deno.stat(tests).then(({ isFile }) => isFile, () => false)) return tests;
  }
  return undefined;
}

const ENDS: Readonly<Record<TrialReport["end"], string>> = {
  returned: "returned by itself",
  threw: "threw",
  stopped: "stopped when it was told to",
  "broken off": "had to be broken off",
};

function describe({ name, from, problem, ...report }: Verdict): string {
  const verdict = problem === undefined ? "passed" : `FAILED: ${problem}`;
  const { log, stack = [], logged = 0, maps = {}, permissions, refused = [], tests = [] } = report;
  if (!log) return `${name} (${from}): ${verdict}`;
  const span = `${(report.ran ?? 0) / 1000} s of simulated time`;
  const mapLines = Object.entries(maps).flatMap(([map, entries]) =>
    Object.entries(entries).map(([key, value]) =>
      `  ${sanitize(`Daemons.${name}.${map}.${key}`)} = ${toJson(value)}`
    )
  );
  const granted = describePermissions(permissions?.permissions ?? {});
  const missing = describePermissions(permissions?.missing ?? {});
  return [
    `${name} (${from}): ${verdict}`,
    ...stackLines(stack),
    `ran for ${span}, and ${ENDS[report.end ?? "broken off"]}`,
    logged === 0 ? "logged nothing" : `logged ${counted(logged, "record")}`,
    ...log.slice(0, SHOWN).map(({ at, level, message }) =>
      `  ${at / 1000} s  ${level}  ${sanitize(message)}`
    ),
    ...(logged > SHOWN ? [`  and ${logged - SHOWN} more`] : []),
    mapLines.length === 0 ? "wrote nothing to the state" : "wrote to the state",
    ...mapLines,
    `permissions: granted ${granted}; declared and not granted ${missing}; refused ${
      sanitize(refused.join(", ")) || "none"
    }`,
    report.end === "broken off"
      ? "its tests were not run"
      : tests.length === 0
      ? "no tests beside it"
      : `tests: ${counted(tests.length, "test")}`,
    ...tests.flatMap(({ name, error, stack = [] }) => [
      `  ${sanitize(name)} ... ${error === undefined ? "ok" : `FAILED: ${sanitize(error)}`}`,
      ...stackLines(stack).map((line) => `  ${line}`),
    ]),
  ].join("\n");
}

function stackLines(stack: readonly string[]): string[] {
  return stack.map((call) => `  at ${sanitize(call)}`);
}
