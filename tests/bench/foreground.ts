import { fileURLToPath } from "node:url";
import { systemClock } from "../../lib/base/mod.ts";
import { EXE } from "../exe/program.ts";

/** An agent in the foreground, and its log as it grows. */
export interface Foreground {
  readonly pid: number;
  /** All that it has logged. */
  log(): string;
  /** How often that was logged. */
  count(pattern: RegExp): number;
  /** Resolves when that was logged so often. */
  logged(pattern: RegExp, times: number): Promise<void>;
  end(): Promise<void>;
}

/** The compiled program, as a command. */
export const COMPILED: readonly string[] = [EXE];

/** The program from its source, on the Deno that this one runs on. */
export const SOURCE: readonly string[] = [
  ...[
    Deno.execPath(),
    "run",
    "-A",
    "--no-prompt",
    fileURLToPath(new URL("../../main.ts", import.meta.url)),
  ],
];

/** A running agent with daemons that run one module. */
export async function startAgent(
  [program, ...words]: readonly string[],
  module: string,
  daemons: number,
  env: Record<string, string> = {},
): Promise<Foreground> {
  const home = await Deno.makeTempDir();
  await Deno.writeTextFile(`${home}/soaked.js`, module);
  const entries = Array.from({ length: daemons }, (_, i) => [`soaked_${i}`, {
    module: "soaked.js",
    failedRetry: "1s",
  }]);
  const config = {
    daemons: Object.fromEntries(entries),
    threadPools: { MainPool: { max: daemons } },
    control: { listen: "off" },
    log: { maxSize: "64KB", keep: 1 },
  };
  await Deno.writeTextFile(`${home}/icinga-warden.json`, JSON.stringify(config));
  const child = new Deno.Command(program!, {
    args: [...words, "--foreground", "--simulate", "--home", home],
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let log = "";
  const reading = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) log += text;
  })();
  const count = (pattern: RegExp) => log.match(pattern)?.length ?? 0;
  return {
    pid: child.pid,
    log: () => log,
    count,
    async logged(pattern: RegExp, times: number) {
      while (count(pattern) < times) await systemClock.sleep(50);
    },
    async end() {
      child.kill("SIGTERM");
      await child.status;
      await reading;
      await Deno.remove(home, { recursive: true });
    },
  };
}
