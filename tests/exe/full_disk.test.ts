import { assertEquals, assertMatch } from "@std/assert";
import { type Bench, testExe } from "./program.ts";
import { tellSkipped } from "../skipped.ts";

/** A disk that is full, but for what is in it already. */
interface FullDisk {
  /** A folder on it. */
  home: string;
  /** Frees some of it. */
  free(): Promise<void>;
}

/** A case with a home on a small disk, which `prepare` fills in part. */
function testOnFullDisk(
  name: string,
  files: Record<string, string>,
  test: (bench: Bench, disk: FullDisk) => Promise<void>,
): void {
  testExe(name, async (bench) => {
    const home = `${bench.home}/disk`;
    await Deno.mkdir(home);
    if (!await run("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", home)) {
      return tellSkipped(name, "only root can make a small disk (mount -t tmpfs)");
    }
    try {
      for (const [file, text] of Object.entries(files)) {
        await Deno.writeTextFile(`${home}/${file}`, text);
      }
      const filler = `${home}/filler`;
      await Deno.writeFile(filler, new Uint8Array(1_000_000)).catch(() => {});
      await test(bench, { home, free: () => Deno.remove(filler) });
    } finally {
      await run("umount", "--lazy", home);
    }
  });
}

async function run(program: string, ...args: string[]): Promise<boolean> {
  return (await new Deno.Command(program, { args, stderr: "null" }).output()).success;
}

const CONFIGURATION = `{ "control": { "listen": "127.0.0.1:0" }, "daemons": {
  "heartbeat": { "arguments": { "interval": "200ms", "file": "beat.json" } },
  "writer": { "module": "writer.js" }
} }
`;

/** Logs, and has something to save. */
const WRITER = `export default {
  name: "writer",
  maps: { Kept: { description: "", persistent: true } },
  async run(context) {
    let n = 0;
    await context.every(100, () => {
      context.state.map("Kept").set("n", ++n);
      context.log.info("beat " + n + " " + "x".repeat(1_000));
    });
  },
};
`;

testOnFullDisk("on a full disk no command leaves half of what it makes", {
  "icinga-warden.json": CONFIGURATION,
  "writer.js": WRITER,
}, async (bench, disk) => {
  const names = () => [...Deno.readDirSync(disk.home)].map(({ name }) => name).sort();
  const before = names();
  const cases: [args: string[], file: string][] = [
    [["daemon", "new", "another.js"], "daemons/another.test.js"],
    [["daemon", "register", "service_watch", "services=spooler"], "icinga-warden.json"],
    [["daemon", "unregister", "heartbeat"], "icinga-warden.json"],
    [["config", "init", "--config", `${disk.home}/other.json`], "other.json"],
  ];
  for (const [args, file] of cases) {
    const { code, stderr } = await bench.run(...args, "--home", disk.home);
    const text = `${args.join(" ")}\n${stderr}`;
    assertMatch(stderr, /Cannot write \S.*: no space is left on the disk/, text);
    assertEquals([code, stderr.includes(`${disk.home}/${file}: no`)], [1, true], text);
  }
  assertEquals(names().filter((name) => name !== "daemons"), before);
  assertEquals([...Deno.readDirSync(`${disk.home}/daemons`)], []);
  assertEquals(await Deno.readTextFile(`${disk.home}/icinga-warden.json`), CONFIGURATION);
});

testOnFullDisk("an agent whose disk is full goes on, and writes all when there is room", {
  "icinga-warden.json": CONFIGURATION,
  "writer.js": WRITER,
}, async (bench, disk) => {
  const agent = bench.start("run", "--foreground", "--simulate", "--home", disk.home);
  const full = "no space is left on the disk";
  for (
    const said of [
      `\\[ERROR\\] agent: Cannot serve commands: Cannot write .*monitor\\.token: ${full}`,
      `\\[WARNING\\] agent: Cannot write .*icinga-warden\\.run\\.json: ${full}`,
      `\\[WARNING\\] agent: Cannot write .*icinga-warden\\.log: ${full}`,
      `\\[WARNING\\] agent: Cannot save the state to \\S.*state\\.json: ${full}`,
      `\\[ERROR\\] heartbeat::run::Main::0: Cannot write .*beat\\.json: no space is left on the disk`,
    ]
  ) await agent.printed(new RegExp(said));
  await disk.free();
  for (const file of ["run\\.json", "icinga-warden\\.log", "state\\.json", "token"]) {
    await agent.printed(new RegExp(`It works again\\. Since \\S+: .*${file}`));
  }
  assertMatch(await Deno.readTextFile(`${disk.home}/beat.json`), /^\{"time":.*\}\n$/);
  const log = await Deno.readTextFile(`${disk.home}/logs/icinga-warden.log`);
  for (const said of ["agent: Started ", ": beat 1 x", ": beat 2 x"]) {
    assertEquals(log.split(said).length, 2, said);
  }
  const { stdout } = await bench.run("check", "--home", disk.home);
  assertEquals(stdout.split(" |")[0], "UNKNOWN: no daemon watches a service");
});
