import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { toJsonSchema } from "@valibot/to-json-schema";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { DoctorSchema, type Facts, findingsOf } from "../../lib/cli/doctor/findings.ts";
import { doctorCommand, formatFindings } from "../../lib/cli/doctor/mod.ts";
import { type Report, UsageError } from "../../lib/cli/command.ts";
import { paint } from "../../lib/cli/output.ts";
import { parse } from "../../lib/cli/parse.ts";
import { icingaFolder } from "../../lib/icinga/mod.ts";
import { hasIcinga, nodes } from "../icinga/nodes.ts";

const NOW = Date.UTC(2026, 10, 29);
const at = (offset: number) => new Date(NOW + offset).toISOString();
const DAY = 86_400_000;
const GB = 1024 ** 3;

const WELL: Facts = {
  service: "icinga2",
  folder: icingaFolder("/icinga"),
  hasFolder: true,
  items: [],
  registration: {
    ...{ commandLine: "", displayName: "Icinga 2", account: "LocalSystem", start: "automatic" },
  } as Facts["registration"],
  logon: "granted",
  status: { state: 4, pid: 7, exitCode: 0, ownCode: 0 },
  isWatched: true,
  agent: [
    {
      ...{ name: "parent_connection", is: "ok", text: "connected to 10.0.0.1:5665", advice: null },
      ...{ failed: false, since: null },
    },
  ],
  sample: {
    at: at(0),
    dataDir: "/icinga",
    stateFile: { modified: at(-60_000), unchanged: 0 },
    certificate: { file: "agent.crt", modified: at(-DAY), ends: at(300 * DAY) },
    disk: { free: 50 * GB, log: 0, replay: 0 },
    tree: { processes: 2, memory: GB },
    port: { port: 5665, is: "good", text: "it answers" },
    link: { young: ["10.0.0.1:5665"] },
    unknown: {},
  },
  validation: { is: "valid", text: "the configuration is valid" },
  crashes: [],
  hasDebugLog: false,
  stateFile: undefined,
  clockStep: undefined,
  clock: "Sprungindikator: 0(keine Warnung)\r\nStratum: 3",
  now: NOW,
};

Deno.test("of a healthy host each finding is ok", () => {
  const findings = findingsOf(WELL);
  assertEquals(findings.filter(({ level }) => level !== "ok"), []);
  assertEquals(findings.length, 15);
  v.parse(DoctorSchema, {
    services: [{ service: "icinga2", dataDir: "/", dataDirFound: "", findings }],
  });
});

const DENIED = Deno.build.os === "windows"
  ? "Access is denied. (os error 5): stat '/x'"
  : "Permission denied (os error 13): stat '/x'";

Deno.test("each finding says what is wrong and how to fix it", () => {
  const sample = WELL.sample;
  const answer = { is: "unreachable", text: "refused", parent: "m" } as const;
  const refused = { young: [], answer };
  const written = (offset: number) => ({
    sample: { ...sample, stateFile: { modified: at(offset), unchanged: 0 } },
  });
  const seen = (name: string, is: "critical" | "unknown") => [
    { name, is, text: "it is stale", advice: "restart it", failed: true, since: null },
  ];
  const MINUTE = 60_000;
  const cases: [change: Partial<Facts>, finding: RegExp][] = [
    [{ registration: null }, /^problem service: 'icinga2' is not installed; .*services.msc/],
    [
      { registration: undefined, sample: { ...sample, tree: undefined! } },
      /^problem service: it does not run; systemctl start icinga2/,
    ],
    [
      { status: { ...WELL.status!, state: 1 } },
      /^problem service: 'icinga2' is stopped; sc\.exe start icinga2$/,
    ],
    [
      { service: "Icinga 2", status: { ...WELL.status!, state: 1 } },
      /^problem service: 'Icinga 2' is stopped; sc\.exe start "Icinga 2"$/,
    ],
    [
      { registration: { ...WELL.registration!, start: "disabled" } },
      /^warning start type: disabled; sc\.exe config icinga2 start= auto$/,
    ],
    // A service that is watched may be stopped all the same.
    [
      { status: { ...WELL.status!, state: 1 } },
      /^ok icinga-warden: it runs, and watches the service$/,
    ],
    [{ logon: "missing" }, /^problem account: LocalSystem may not log on as a service; add it to/],
    [{ logon: "denied" }, /^problem account: LocalSystem is denied .*; take it, or its group, out/],
    [{ logon: "unknown" }, /^unknown account: LocalSystem: groups of the domain .*; add it to/],
    [
      { logon: undefined },
      /^unknown account: LocalSystem: .* cannot be read; run doctor as an adm/,
    ],
    [
      { sample: { ...sample, stateFile: { modified: at(DAY), unchanged: 0 } } },
      /^unknown heartbeat file: .* is in the future; w32tm/,
    ],
    [
      { isWatched: false },
      /^warning icinga-warden: no daemon keeps the service running; icinga-warden daemon register/,
    ],
    [{ agent: undefined }, /^warning icinga-warden: it does not run; icinga-warden service start/],
    [
      { agent: undefined, registration: undefined },
      /^warning icinga-warden: it does not run$/,
    ],
    [
      { validation: { is: "invalid", text: "syntax error", place: "x.conf:12" } },
      /^problem configuration: x.conf:12: syntax error; correct the file/,
    ],
    [
      { validation: { is: "unknown", text: "it hung" } },
      /^unknown configuration: it hung; run 'icinga2 daemon -C' yourself in/,
    ],
    [
      { crashes: [{ file: "report.1", at: 0, line: "SIGSEGV" }] },
      /^warning crashes: report.1: SIGSEGV; look for an update/,
    ],
    [
      { hasDebugLog: true },
      /^warning debug log: it is on, .*debuglog.conf; run 'icinga2 feature disable debuglog' in/,
    ],
    [
      { clock: "Leap Indicator: 3(not synchronized)" },
      /^warning clock: it is not synchronized; w32tm \/resync/,
    ],
    [{ stateFile: "corrupt" }, /^problem state file: it is corrupt; stop the service, move/],
    [{ stateFile: "empty" }, /^warning state file: it is empty; stop the service, move/],
    [
      { validation: { is: "unknown", text: "'icinga2 daemon -C' cannot be run: x" } },
      /^unknown configuration: .*; look whether Icinga 2 is installed/,
    ],
    ...["configuration", "crashes", "debug log", "state file"].map((check) => (
      [
        { hasFolder: false },
        RegExp(`^unknown ${check}: there is no /icinga/etc.*; install Icinga`),
      ] as [
        Partial<Facts>,
        RegExp,
      ]
    )),
    [
      { sample: { ...sample, stateFile: undefined! } },
      /^unknown state file: there is none yet; wait: the service writes it within 5 min/,
    ],
    [
      { sample: { ...sample, stateFile: undefined! }, status: undefined },
      /^unknown state file: there is none yet; start the service/,
    ],
    [{ stateFile: "denied" }, /^unknown state file: denied; run doctor as an administrator/],
    [
      { clockStep: "The clock was set back by 5 min" },
      /^warning clock: The clock was set back by 5 min; w32tm/,
    ],
    [
      {
        agent: [],
        sample: { ...sample, link: undefined!, parents: [], unknown: { link: "a master" } },
      },
      /^ok parent connection: a master/,
    ],
    [{ clock: undefined }, /^unknown clock: nothing tells/],
    // An error of the system is said in plain words.
    [
      { sample: { ...sample, disk: undefined!, unknown: { disk: DENIED } } },
      /^unknown disk: Cannot read \/x: access is denied; run doctor as an administrator$/,
    ],
    [
      { stateFile: DENIED },
      /^unknown state file: Cannot read \/x: access is denied; run doctor as an administrator$/,
    ],
    [
      { sample: { ...sample, stateFile: { modified: at(-DAY), unchanged: 0 } } },
      /^warning heartbeat file: .* not written for 1 d; .*restart/,
    ],
    [
      { sample: { ...sample, certificate: { ...sample.certificate!, ends: at(DAY) } } },
      /^warning certificate: agent.crt ends in 1 d; restart/,
    ],
    [
      { sample: { ...sample, certificate: { ...sample.certificate!, ends: at(0) } } },
      /^problem certificate: agent.crt expired/,
    ],
    [
      { agent: [], sample: { ...sample, link: refused } },
      /^problem parent connection: not connected to m: no parent answers \(refused\); look at/,
    ],
    [
      { agent: undefined },
      /^unknown parent connection: a connection to 10.0.0.1:5665; whether it lasts/,
    ],
    [
      { validation: { is: "invalid", text: "syntax error" } },
      /^problem configuration: syntax error; correct the file, and run doctor again$/,
    ],
    [{ registration: { ...WELL.registration!, start: "delayed" } }, /^ok start type: delayed$/],
    [{ registration: undefined }, /^ok service: it runs as 2 processes$/],
    [{ registration: undefined }, /^unknown clock: it is not looked at here$/],
    [{ clock: "no number" }, /^unknown clock: nothing tells/],
    [written(-14 * MINUTE), /^ok heartbeat file: icinga2.state was written 2026/],
    [written(-16 * MINUTE), /^warning heartbeat file: .* not written for 16 min; if/],
    [written(59_000), /^ok heartbeat file: icinga2.state was written 2026/],
    [written(61_000), /^unknown heartbeat file: .* is in the future/],
    // What takes long to see is known by a running agent; the rest is looked at.
    [
      { agent: seen("heartbeat_file", "critical") },
      /^problem heartbeat file: it is stale; restart/,
    ],
    [{ agent: seen("heartbeat_file", "unknown") }, /^ok heartbeat file: icinga2.state was/],
    [{ agent: seen("disk", "critical") }, /^ok disk: 50.0 GB/],
    [{ items: ["disk free=60GB"] }, /^warning disk: 50.0 GB are free/],
  ];
  for (const [change, expected] of cases) {
    const lines = findingsOf({ ...WELL, ...change })
      .map(({ level, check, text, mend }) =>
        `${level} ${check}: ${text}${mend ? `; ${mend}` : ""}`
      );
    assert(lines.some((line) => expected.test(line)), `${expected}\n${lines.join("\n")}`);
  }
  assertEquals(
    findingsOf(WELL).some(({ check }) => check === "cpu"),
    false,
    "it needs a second look",
  );
  const off = findingsOf({ ...WELL, items: ["disk off"] });
  assertEquals(off.some(({ check }) => check === "disk"), false);
});

Deno.test("problems come first, each on a line, and the last line counts them", () => {
  const crashes = [{ file: "report.1", at: 0, line: "two\nlines" }];
  const findings = findingsOf({ ...WELL, registration: null, crashes });
  const two = findingsOf({ ...WELL, hasDebugLog: true, crashes });
  assertEquals(formatFindings(two, paint(false)).at(-1), `2 warnings, ${two.length - 2} ok`);
  const lines = formatFindings(findings, paint(false));
  assertMatch(lines[0]!, /^PROBLEM +service +'icinga2' is not installed; fix: compare/);
  assertMatch(lines[1]!, /^WARNING +crashes +report.1: two lines; fix: look/);
  assertMatch(lines[2]!, /^OK /);
  assertEquals(lines.at(-1), `1 problem, 1 warning, ${findings.length - 2} ok`);
});

Deno.test("each level has its colour, and what is ok needs no fix", () => {
  const levels = ["problem", "warning", "unknown", "ok"] as const;
  const findings = levels.map((level) => ({ level, check: "x", text: "t", mend: "do it" }));
  const name = (colour: string) => (text: string) => `<${colour}>${text}</>`;
  const named = {
    ...{ bold: name("bold"), dim: name("dim"), green: name("green") },
    ...{ yellow: name("yellow"), red: name("red") },
  };
  assertEquals(formatFindings(findings, named), [
    "<red>PROBLEM</>  x  t; fix: do it",
    "<yellow>WARNING</>  x  t; fix: do it",
    "<dim>UNKNOWN</>  x  t; fix: do it",
    "<green>OK</>       x  t",
    "1 problem, 1 warning, 1 unknown, 1 ok",
  ]);
});

Deno.test("the schema in docs is that of the doctor", async () => {
  const file = new URL("../../docs/doctor.schema.json", import.meta.url);
  assertEquals(JSON.parse(await Deno.readTextFile(file)), toJsonSchema(DoctorSchema));
});

/** What the doctor finds where no agent and no Icinga 2 is, by what it checks. */
async function findIn(home: string, ...typed: string[]) {
  const invocation = parse([...typed, "--home", home], doctorCommand.flags!, "doctor");
  const { json, code } = await doctorCommand.run(invocation) as Report;
  const { services } = v.parse(DoctorSchema, json);
  const checks = services.map(({ findings }) =>
    Object.fromEntries(findings.map(({ check, ...finding }) => [check, finding]))
  );
  return { code, services, checks };
}

Deno.test("each service of Icinga 2 that the configuration names is looked at", async () => {
  const home = await Deno.makeTempDir();
  const services = (config: object) =>
    Deno.writeTextFile(`${home}/icinga-warden.json`, JSON.stringify({ daemons: config }));
  const seen = async () =>
    (await findIn(home, "--timeout", "1ms")).services.map(({ service, dataDir }) =>
      `${service} ${dataDir}`
    );
  try {
    const dataDir = `${home}/none`;
    await services({
      icinga_agent_service: { arguments: { service: "one", dataDir } },
      more: { module: "icinga_agent_service", enabled: false, arguments: { service: "two" } },
      service_watch: { arguments: { services: ["spooler"], probes: ["memory limit=1GB"] } },
    });
    const [one, two, ...others] = await seen();
    assertEquals([one, two?.split(" ")[0], others], [`one ${dataDir}`, "two", []]);
    await services({});
    assertMatch((await seen()).join(), /^icinga2 [^,]+$/);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("a problem, or with --strict a warning, makes the exit code 1; a timeout is 1 ms to 1 h", async () => {
  const home = await Deno.makeTempDir();
  try {
    const config = { icinga_agent_service: { arguments: { dataDir: `${home}/none` } } };
    await Deno.writeTextFile(`${home}/icinga-warden.json`, JSON.stringify({ daemons: config }));
    const { code, checks: [found] } = await findIn(home, "--timeout", "1ms");
    const levels = Object.values(found!).map(({ level }) => level);
    assertEquals([code, levels.includes("problem")], [1, true]);
    for (const timeout of ["0s", "61m", "soon"]) {
      await assertRejects(() => findIn(home, "--timeout", timeout), UsageError, "expected");
    }
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("a clock that was set within a day is told, by the last record of it", async () => {
  const home = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${home}/logs`);
    const said = async (...hoursAgo: number[]) => {
      const records = hoursAgo.map((hours) => {
        const at = new Date(Date.now() - hours * 3_600_000).toISOString();
        return `${at} [WARNING] agent: The clock was set back by ${hours} h\n`;
      });
      await Deno.writeTextFile(`${home}/logs/icinga-warden.log`, records.join(""));
      const { checks: [found] } = await findIn(home, "--timeout", "1ms");
      return /set back by \d+ h/.exec(JSON.stringify(found))?.[0];
    };
    assertEquals(await said(), undefined);
    assertEquals(await said(24), undefined);
    assertEquals(await said(24, 23, 2), "set back by 2 h");
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

const main = fileURLToPath(new URL("../../main.ts", import.meta.url));

async function doctor(home: string, ...flags: string[]) {
  const args = ["run", "-A", "--no-prompt", main, "doctor", "--home", home, ...flags];
  const command = new Deno.Command(Deno.execPath(), { args, stdin: "null" });
  const { code, stdout, stderr } = await command.output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out: out!, error: error! };
}

Deno.test({
  name:
    "of a real node it tells what is well, an invalid configuration, and that it does not run (needs icinga2)",
  ignore: !hasIcinga,
  async fn() {
    await using both = await nodes();
    const { root, master, agent } = both;
    const config = `${root}/icinga-warden.json`;
    const dataDir = JSON.stringify(agent.folder.root);
    await Deno.writeTextFile(
      config,
      `{ "daemons": { "icinga_agent_service": { "arguments": { "dataDir": ${dataDir} } } } }`,
    );
    await master.start();
    await agent.start();
    const well = await doctor(root, "--json");
    const { services: [service] } = v.parse(DoctorSchema, JSON.parse(well.out));
    const levels = Object.fromEntries(service!.findings.map(({ check, level }) => [check, level]));
    assertEquals([well.code, well.error], [0, ""]);
    assertEquals(
      [service!.dataDir, service!.dataDirFound],
      [agent.folder.root, "named by dataDir"],
    );
    const ok = ["service", "configuration", "api port", "certificate", "disk", "memory"];
    assertEquals(ok.filter((check) => levels[check] !== "ok"), []);
    assertEquals([levels["icinga-warden"], levels["parent connection"]], ["warning", "unknown"]);
    assertEquals((await doctor(root, "--strict")).code, 1);

    await agent.stop();
    await Deno.writeTextFile(agent.config, "object Host {", { append: true });
    const broken = await doctor(root);
    assertEquals(broken.code, 1);
    assertEquals(
      broken.out.split("\n")[0],
      `icinga2, its files in ${agent.folder.root} (named by dataDir)`,
    );
    assertMatch(broken.out, /^PROBLEM +service +it does not run/m);
    assertMatch(broken.out, /^PROBLEM +configuration +.*icinga2\.conf:\d+: syntax error/m);
    const wrong = await doctor(root, "--timeout", "soon");
    assertEquals([wrong.code, wrong.out], [2, ""]);
    await Deno.writeTextFile(config, "{");
    assertEquals((await doctor(root)).code, 2);
  },
});
