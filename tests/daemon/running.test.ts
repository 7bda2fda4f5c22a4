import { assertEquals, assertRejects } from "@std/assert";
import { createRun, programRunner, type RunOptions } from "../../lib/daemon/running.ts";

const run = createRun(new AbortController().signal, programRunner());
const evaluate = (code: string, options?: RunOptions) =>
  run(Deno.execPath(), ["eval", code], options);

Deno.test("a program's exit code and what it wrote are its result, run where and as it was asked", async () => {
  const cwd = await Deno.realPath(await Deno.makeTempDir());
  const code = "console.log(Deno.cwd(), Deno.env.get('X')); console.error('ä'); Deno.exit(3)";
  const result = await evaluate(code, { cwd, env: { X: "x" } });
  assertEquals(result, { code: 3, stdout: `${cwd} x\n`, stderr: "ä\n" });
  await Deno.remove(cwd);
});

Deno.test("a program that takes too long, or is to stop, is ended", async () => {
  const late = () => evaluate("setTimeout(() => {}, 600_000)", { timeout: "200ms" });
  await assertRejects(late, DOMException, "took longer than 0.2 s, and was ended");
  const stop = new AbortController();
  const stopped = createRun(stop.signal, programRunner());
  const running = stopped(Deno.execPath(), ["eval", "setTimeout(() => {}, 600_000)"]);
  stop.abort(new RangeError("the daemon is to stop"));
  await assertRejects(() => running, RangeError, "the daemon is to stop");
});

Deno.test("without a time limit of its own a program has 30 s, and what is no program is refused", async () => {
  const limits: number[] = [];
  const own = createRun(new AbortController().signal, (_program, _args, { timeout }) => {
    limits.push(timeout);
    return Promise.resolve(undefined);
  });
  await assertRejects(() => own("x"), DOMException, "x took longer than 30 s, and was ended");
  assertEquals(limits, [30_000]);
  const wrong: [program: unknown, args: unknown][] = [[undefined, []], ["x", "y"], ["x", ["y", 1]]];
  for (const [program, args] of wrong) {
    const call = () => own(program as string, args as string[]);
    await assertRejects(call, TypeError, "expected its name, and its arguments as a list of texts");
  }
});
