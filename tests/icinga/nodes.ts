import { dirname, join } from "node:path";
import { attempt } from "../../lib/base/mod.ts";
import { type IcingaFolder, icingaFolder, parseTcp, procSources } from "../../lib/icinga/mod.ts";
import { hasProgram, tellSkipped } from "../skipped.ts";
import { makeCa, makeCertificate } from "./fixture.ts";

/** Whether Icinga 2 and openssl are there: `apt-get install icinga2-bin icinga2-common`. */
export const hasIcinga: boolean = await hasProgram("icinga2", "--version");

if (!hasIcinga) {
  const why = "it is not there; apt-get install icinga2-bin icinga2-common";
  tellSkipped("what needs a real Icinga 2", why);
}

/** A real node of Icinga 2. */
export interface Node {
  name: string;
  folder: IcingaFolder;
  /** Its configuration; every call of icinga2 takes it. */
  config: string;
  /** Icinga 2's definitions of the node's folders. */
  defines: string[];
  start(): Promise<void>;
  /** Sends a signal to all of its processes. */
  signal(signal: Deno.Signal): Promise<void>;
  /** Ends its processes, those that are stopped too. */
  stop(): Promise<void>;
}

/**
 * A master and its agent, not started; both are ended and removed at the end of the block.
 *
 * @param more what else the master's configuration has.
 */
export async function nodes(more = ""): Promise<
  AsyncDisposable & { root: string; master: Node; agent: Node; masterPort: number }
> {
  const root = await Deno.makeTempDir();
  const [masterPort, agentPort] = [freePort(), freePort()];
  await makeCa(root);
  const zones = (parent: string) =>
    `object Endpoint "master" { ${parent} }
object Endpoint "agent" { }
object Zone "master" { endpoints = [ "master" ] }
object Zone "agent" { endpoints = [ "agent" ]; parent = "master" }
`;
  const parent = `host = "127.0.0.1"; port = "${masterPort}"`;
  const master = await makeNode(root, "master", masterPort, zones("") + more);
  const agent = await makeNode(root, "agent", agentPort, zones(parent));
  return {
    root,
    master,
    agent,
    masterPort,
    async [Symbol.asyncDispose]() {
      await Promise.all([master.stop(), agent.stop()]);
      await Deno.remove(root, { recursive: true });
    },
  };
}

/**
 * Has a master `master1` of zone `master` load a configuration, and returns what Icinga says of it.
 *
 * @param files the files by their paths; `zones.conf` is one of them.
 */
export async function loadFiles(
  files: ReadonlyMap<string, string>,
): Promise<{ code: number; said: string }> {
  const root = await Deno.makeTempDir();
  const main = `const NodeName = "master1"\nconst ZoneName = "master"\ninclude <itl>\n` +
    `include <plugins>\nconst PluginDir = "/none"\ninclude "zones.conf"\n`;
  for (const [path, text] of [...files, ["icinga2.conf", main]] as const) {
    await Deno.mkdir(join(root, dirname(path)), { recursive: true });
    await Deno.writeTextFile(join(root, path), text);
  }
  for (const folder of ["data", "log", "cache", "run"]) await Deno.mkdir(join(root, folder));
  const folders = { ConfigDir: "", ZonesDir: "zones.d", DataDir: "data", LogDir: "log" };
  const defines = Object.entries({ ...folders, CacheDir: "cache", InitRunDir: "run" }).map((
    [name, path],
  ) => `-D${name}=${join(root, path)}`);
  const { code, stdout } = await new Deno.Command("icinga2", {
    args: ["daemon", "-C", "-c", join(root, "icinga2.conf"), ...defines],
    stdin: "null",
  }).output();
  await Deno.remove(root, { recursive: true });
  return { code, said: new TextDecoder().decode(stdout) };
}

/** Writes what an agent's own files say, as `node wizard` does. Icinga's program itself need not run then. */
export async function writeOwnFiles(
  { config }: IcingaFolder,
  parentPort: number,
  { name = "agent", parent = "master" } = {},
): Promise<void> {
  await Deno.writeTextFile(join(config, "constants.conf"), `const NodeName = "${name}"\n`);
  await Deno.writeTextFile(
    join(config, "zones.conf"),
    `object Endpoint "${parent}" { host = "127.0.0.1"; port = "${parentPort}" }
object Endpoint "${name}" { }
object Zone "parents" { endpoints = [ "${parent}" ] }
object Zone "${name}" { endpoints = [ "${name}" ]; parent = "parents" }
`,
  );
}

/** Whether somebody listens on a port of 127.0.0.1, as Linux says. */
async function isListening(port: number): Promise<boolean> {
  const listening = parseTcp(await Deno.readTextFile("/proc/net/tcp"), "0A");
  return listening.some(({ local }) => local.port === port);
}

/** A port of this machine that nobody listens on. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

/**
 * Makes a node, not started: its folders, a certificate of `ca.crt` in `root`, and its configuration.
 *
 * @param more what its configuration has beside the ApiListener and the log: its zones and its objects.
 * @param bits the length of its key.
 */
export async function makeNode(
  root: string,
  name: string,
  port: number,
  more: string,
  { zone = name, bits = 2048 }: { zone?: string; bits?: number } = {},
): Promise<Node> {
  const folder = icingaFolder(join(root, name));
  const run = join(folder.root, "run", "icinga2"), spool = join(folder.root, "spool");
  const certs = join(folder.data, "certs");
  const made = [certs, join(folder.log, "crash"), folder.cache, folder.config, run, spool];
  await Promise.all(made.map((path) => Deno.mkdir(path, { recursive: true })));
  await makeCertificate(root, name, { ca: "ca", bits });
  for (const file of [`${name}.crt`, `${name}.key`, "ca.crt"]) {
    await Deno.copyFile(join(root, file), join(certs, file));
  }
  const config = join(folder.config, "icinga2.conf");
  await Deno.writeTextFile(
    config,
    `const NodeName = "${name}"
const ZoneName = "${zone}"
const TicketSalt = "x"
object ApiListener "api" { bind_host = "127.0.0.1"; bind_port = ${port}; accept_config = true }
object FileLogger "main" { severity = "information"; path = LogDir + "/icinga2.log" }
${more}`,
  );
  const folders = { DataDir: folder.data, LogDir: folder.log, CacheDir: folder.cache };
  const zones = join(folder.config, "zones.d");
  const others = { InitRunDir: run, SpoolDir: spool, ConfigDir: folder.config, ZonesDir: zones };
  const defines = Object.entries({ ...folders, ...others }).flatMap(([key, path]) => [
    "-D",
    `${key}=${path}`,
  ]);
  let child: Deno.ChildProcess | undefined;
  const pidFile = join(run, "icinga2.pid");
  const signal = async (signal: Deno.Signal) => {
    const done = new Set<number>();
    // The kernel may leave out a child while others end (proc(5), "children"): it is found once its parent is stopped.
    for (let found = 1; found > 0;) {
      const tree = await procSources(folder).tree();
      const others = new Set(tree?.pids).difference(done);
      found = others.size;
      for (const pid of others) {
        done.add(pid);
        attempt(() => Deno.kill(pid, signal), () => {});
      }
    }
  };
  return {
    name,
    folder,
    config,
    defines,
    signal,
    async start() {
      await Deno.remove(pidFile).catch(() => {});
      child = icinga(["daemon", "-c", config, ...defines]).spawn();
      let hasEnded = false;
      void child.status.then(() => hasEnded = true);
      for (let i = 0; i < 600; i++) {
        if (hasEnded) throw new Error(`${name} has ended`);
        // It writes its process id before it listens.
        const isUp = await Deno.stat(pidFile).then(({ size }) => size > 0, () => false);
        if (isUp && await isListening(port)) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`${name} did not start within 60 s`);
    },
    async stop() {
      if (!child) return;
      await signal("SIGKILL");
      await child.status;
      child = undefined;
    },
  };
}

// Debian's icinga2 gives up root's rights, and could read nothing of a test's.
if (Deno.build.os === "linux" && Deno.uid() === 0) {
  Deno.env.set("ICINGA2_USER", "root");
  Deno.env.set("ICINGA2_GROUP", "root");
}

/** Icinga's own program, as the user that calls. */
function icinga(args: string[]): Deno.Command {
  return new Deno.Command("icinga2", { args, stdin: "null", stdout: "null", stderr: "null" });
}
