import { assert, assertFalse } from "@std/assert";
import { loadAttempts } from "./all.ts";
import type { Attempt } from "./attempt.ts";
import { type Program, programs } from "./program.ts";
import { besiege, type Siege } from "./siege.ts";
import { tellSkipped } from "../skipped.ts";

/** Names of attempts, where not all are to be made. */
const chosen = Deno.env.get("ICINGA_WARDEN_ATTEMPTS")?.split(",");

/** Set, each attempt has an agent of its own: that tells which one of several did it. */
const allAlone = Deno.env.has("ICINGA_WARDEN_ATTEMPTS_ALONE");

/** So many agents run at a time. */
const AT_ONCE = 2;

const queue: (() => Promise<void>)[] = [];

/** Begins, once it is its turn. */
function inTurn(program: Program, attempts: readonly Attempt[]): Promise<Siege> {
  const { promise, resolve, reject } = Promise.withResolvers<Siege>();
  promise.catch(() => {});
  if (program.missing) return promise;
  queue.push(() => besiege(program, attempts).then(resolve, reject));
  return promise;
}

let working = false;

/** Begun by the first test, so that those that follow find theirs on the way. */
function work(): void {
  if (working) return;
  working = true;
  for (let worker = 0; worker < AT_ONCE; worker++) {
    void (async () => {
      for (let next = queue.shift(); next; next = queue.shift()) await next();
    })();
  }
}

function declare(name: string, program: Program, fn: () => Promise<void>): void {
  if (program.missing) tellSkipped(name, program.missing);
  Deno.test({
    name: `${program.label}${name}`,
    ignore: program.missing !== undefined,
    // Other attempts are under way beside this one.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      work();
      await fn();
    },
  });
}

const told = new Set<unknown>();

/** What went wrong is told in full by the first test of several that share an agent. */
function once(error: Error): never {
  if (told.has(error)) throw new Error("its agent suffered; see the first test of this group");
  told.add(error);
  throw error;
}

const files = await loadAttempts(chosen && (({ name }) => chosen.includes(name)));
for (const program of programs) {
  for (const [file, attempts] of files) {
    const alone = attempts.filter(({ alone }) => alone || allAlone);
    const together = attempts.filter(({ alone }) => !alone && !allAlone);
    const groups = [...(together.length > 0 ? [together] : []), ...alone.map((one) => [one])];
    for (const group of groups) {
      const siege = inTurn(program, group);
      for (const attempt of group) {
        declare(`${file}: ${attempt.what}: ${attempt.holds}`, program, async () => {
          const evidence = (await siege.catch(once)).evidence.get(attempt);
          assert(evidence);
          if (evidence.problem) throw evidence.problem;
          for (const pattern of attempt.notLogged ?? []) {
            assertFalse(pattern.test(evidence.output), `logged ${pattern}`);
          }
          attempt.check?.(evidence);
        });
      }
    }
  }
}
