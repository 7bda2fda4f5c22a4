import { assert, assertEquals, assertRejects } from "@std/assert";
import { ManualClock, systemClock } from "../../lib/base/mod.ts";
import { type ChildResult, runChild } from "../../lib/service/child.ts";
import { outputLimit } from "../../lib/service/output.ts";

const limit = 60_000;

/** Nothing is left over: no timer, no pipe, no process. */
const clean = { ignore: Deno.build.os !== "linux", sanitizeOps: true, sanitizeResources: true };

function shell(script: string, options: { clock?: ManualClock; signal?: AbortSignal } = {}) {
  return runChild("/bin/sh", ["-c", script], { limit, clock: systemClock, ...options });
}

function text(result: ChildResult | undefined): string {
  return [result?.stdout, result?.stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
}

/** Waits, in real time and at most 30 s, for what a real process does. */
async function until(condition: () => boolean): Promise<void> {
  const end = systemClock.now() + 30_000;
  while (!condition()) {
    assert(systemClock.now() < end, "the process never did what was awaited");
    await systemClock.sleep(5);
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).size > 0 || path.startsWith("/proc/");
  } catch {
    return false;
  }
}

/** A file for a process id, and a script's words that write its own there. */
async function withPidFile(test: (file: string, write: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(`${folder}/pid`, `echo $$ >'${folder}/new'; mv '${folder}/new' '${folder}/pid'`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "a child's exit code and both its outputs are there",
  ...clean,
  async fn() {
    const result = await shell("echo wrong >&2; echo right; exit 7");
    assertEquals(result?.code, 7);
    assertEquals(text(result), "right\nwrong\n");
  },
});

Deno.test({
  name: "an argument travels as one, whatever is in it",
  ...clean,
  async fn() {
    const argument = "a b \"c\" 'd' $HOME `id` %PATH% & | ; * ä";
    const options = { limit, clock: systemClock };
    assertEquals(
      text(await runChild("/usr/bin/printf", ["<%s>", argument], options)),
      `<${argument}>`,
    );
  },
});

Deno.test({
  name: "a child that reads its input finds none",
  ...clean,
  async fn() {
    assertEquals(text(await shell("cat; echo end")), "end\n");
  },
});

Deno.test({
  name: "of two floods the first bytes are kept, and the child is not held up",
  ...clean,
  async fn() {
    const result = await shell("yes | head -c 20000000; yes | head -c 20000000 >&2; exit 3");
    assertEquals(result?.code, 3);
    assertEquals([result?.stdout.length, result?.stderr.length], [outputLimit, outputLimit]);
    const options = { limit, clock: systemClock, most: 100_000 };
    const more = await runChild("/bin/sh", ["-c", "yes | head -c 200000"], options);
    assertEquals(more?.stdout.length, 100_000);
  },
});

Deno.test({
  name: "a child that outlives its limit is killed, also one that ignores SIGTERM or floods",
  ...clean,
  async fn() {
    for (const script of ["exec sleep 60", "trap '' TERM; exec sleep 60", "exec yes"]) {
      await withPidFile(async (file, write) => {
        const clock = new ManualClock();
        const result = shell(`${write}; ${script}`, { clock });
        await until(() => exists(file));
        const process = `/proc/${Deno.readTextFileSync(file).trim()}`;
        await clock.advance(limit - 1);
        assert(exists(process));
        await clock.advance(1);
        assertEquals(await result, undefined);
        assert(!exists(process));
        assertEquals(clock.sleeping, 0);
      });
    }
  },
});

Deno.test({
  name: "a grandchild that holds the pipe does not hold up the answer",
  ...clean,
  async fn() {
    const clock = new ManualClock();
    const result = shell("sleep 60 & echo $!; exit 4", { clock });
    await until(() => clock.nextWake === 500);
    await clock.advance(500);
    assertEquals((await result)?.code, 4);
    assertEquals(clock.sleeping, 0);
    Deno.kill(Number(text(await result)), "SIGKILL");
  },
});

Deno.test({
  name: "an abort kills the child and is thrown",
  ...clean,
  async fn() {
    await withPidFile(async (file, write) => {
      const clock = new ManualClock();
      const abort = new AbortController();
      const result = shell(`${write}; exec sleep 60`, { clock, signal: abort.signal });
      result.catch(() => {});
      await until(() => exists(file));
      const process = `/proc/${Deno.readTextFileSync(file).trim()}`;
      abort.abort(new Error("shutting down"));
      await assertRejects(() => result, Error, "shutting down");
      assert(!exists(process));
      assertEquals(clock.sleeping, 0);
    });
  },
});

Deno.test({
  name: "an abort before is thrown, and nothing is run",
  ...clean,
  async fn() {
    await withPidFile(async (file, write) => {
      const signal = AbortSignal.abort(new Error("shutting down"));
      await assertRejects(() => shell(write, { signal }), Error, "shutting down");
      assert(!exists(file));
    });
  },
});

Deno.test("a program that is not there is an error of Deno's", async () => {
  const options = { limit, clock: systemClock };
  await assertRejects(() => runChild("/nowhere/sc.exe", [], options), Deno.errors.NotFound);
});

Deno.test({
  name:
    "at its limit a child is ended with all that it has started; alone if nothing does that in 2 s",
  ...clean,
  async fn() {
    for (const ends of [true, false]) {
      const clock = new ManualClock();
      const asked: number[] = [];
      const endTree = (pid: number) => {
        asked.push(pid);
        if (ends) Deno.kill(pid, "SIGTERM");
      };
      const options = { limit: 1_000, clock, endTree };
      const ended = runChild("/bin/sleep", ["60"], options);
      await clock.advance(1_000);
      await until(() => asked.length === 1);
      if (!ends) await clock.advance(2_000);
      assertEquals(await ended, undefined);
      assertEquals(clock.sleeping, 0);
    }
  },
});
