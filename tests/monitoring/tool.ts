import { type Bench, type Running, testExe } from "../exe/program.ts";
import { tellSkipped } from "../skipped.ts";

/** A test that needs programs of the system beside the compiled program; without them it is skipped, and says why. */
export function testWith(
  programs: readonly string[],
  name: string,
  test: (bench: Bench) => Promise<void>,
): void {
  const missing = programs.find((program) => !isThere(program));
  if (missing === undefined) return testExe(name, test);
  tellSkipped(name, `there is no ${missing} on this machine`);
  Deno.test({ name, ignore: true, fn: () => {} });
}

/** Runs a program to its end, in a folder, and returns its exit code and all that it printed. */
export async function runTool(
  program: string,
  args: string[],
  { cwd, input = "" }: { cwd?: string; input?: string } = {},
): Promise<{ code: number; output: string }> {
  const child = new Deno.Command(program, {
    ...{ args, stdin: "piped", stdout: "piped", stderr: "piped" },
    ...(cwd === undefined ? {} : { cwd }),
  }).spawn();
  await ReadableStream.from([new TextEncoder().encode(input)]).pipeTo(child.stdin).catch(() => {});
  const { code, stdout, stderr } = await child.output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, output: decode(stdout) + decode(stderr) };
}

/** Runs a program as long as `use` takes; what it prints is in `<program>.out` in the folder. */
export async function whileRunning(
  program: string,
  args: string[],
  cwd: string,
  use: () => Promise<void>,
): Promise<void> {
  const script = 'out=$1; shift; exec "$@" >"$out" 2>&1';
  const child = new Deno.Command("sh", {
    args: ["-c", script, "sh", `${program}.out`, program, ...args],
    ...{ cwd, stdin: "null", stdout: "null", stderr: "null" },
  }).spawn();
  try {
    await use();
  } catch (error) {
    const output = await Deno.readTextFile(`${cwd}/${program}.out`);
    throw new Error(
      `${error instanceof Error ? error.message : error}\n${program} printed:\n${output}`,
    );
  } finally {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    await child.status;
    clearTimeout(timer);
  }
}

/** Makes `ca.crt`, and `<name>.crt` and `<name>.key` of it for localhost, in a folder; returns the first one's text. */
export async function makeCertificate(folder: string, name: string): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  const make = async (file: string, subject: string, ...more: string[]) => {
    const key = ["-newkey", "rsa:2048", "-nodes", "-keyout", `${file}.key`, "-out", `${file}.crt`];
    const args = ["req", "-x509", ...key, "-subj", subject, "-days", "2", ...more];
    const { code, output } = await runTool("openssl", args, { cwd: folder });
    if (code !== 0) throw new Error(`openssl: ${output}`);
  };
  const names = ["-addext", "subjectAltName=DNS:localhost"];
  const leaf = ["-addext", "basicConstraints=critical,CA:FALSE", ...names];
  await make("ca", "/CN=test");
  await make(name, "/CN=localhost", "-CA", "ca.crt", "-CAkey", "ca.key", ...leaf);
  return await Deno.readTextFile(`${folder}/ca.crt`);
}

/** A port that nobody has now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

/** Tries until it does not throw, 60 s at most. */
export async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + 60_000;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** Starts the agent with a service that crashes, and waits until it is served and the service was seen. */
export async function startAgent(
  bench: Bench,
  scenario: string,
  control: object,
  { given = {}, others = {} }: { given?: object; others?: object } = {},
): Promise<Running> {
  const watch = { arguments: { interval: "200ms", ...given } };
  const daemons = { icinga_agent_service: watch, ...others };
  await bench.write("icinga-warden.json", JSON.stringify({ daemons, control }));
  const agent = bench.start("run", "--foreground", "--simulate", "--scenario", scenario);
  await agent.printed(/the page are served/);
  await agent.printed(/is RUNNING/);
  return agent;
}

/** Whether a program is there. */
export function isThere(program: string): boolean {
  const folders = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/sbin"];
  return folders.some((folder) => {
    try {
      return Deno.statSync(`${folder}/${program}`).isFile;
    } catch {
      return false;
    }
  });
}
