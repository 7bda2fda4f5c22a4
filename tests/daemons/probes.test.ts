import { assert, assertEquals, assertMatch } from "@std/assert";
import { checkProbe, configureProbes } from "../../daemons/shared/probes/mod.ts";
import { judgeProbe, LONGEST_DELAY, type ProbeInfo } from "../../daemons/shared/probes/judge.ts";
import type { ProbeVerdict } from "../../daemons/shared/probes/probe.ts";
import daemon from "../../daemons/icinga_agent_service.ts";
import watch from "../../daemons/service_watch.ts";
import { watchedServices } from "../../lib/control/state_reader.ts";
import { stateOf } from "../control/state.ts";
import { ServiceWatch } from "../../daemons/shared/service_watch.ts";
import type { WatchSettings } from "../../daemons/shared/watch_arguments.ts";
import { ProbeRunner, type SharedProbe } from "../../daemons/shared/probes/runner.ts";
import { ManualClock } from "../../lib/base/mod.ts";
import { createContext, createDaemonLog, readArguments } from "../../lib/daemon/mod.ts";
import type { IcingaSample } from "../../lib/icinga/mod.ts";
import { type ServiceStats, SimulatedServiceManager } from "../../lib/service/mod.ts";
import { simulate } from "icinga-warden/testing";
import { MainState } from "../../lib/state/mod.ts";

const NOW = Date.UTC(2026, 10, 29);
const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];
const GB = 1024 ** 3;

/** A time so many ms from now. */
const at = (offset: number) => new Date(NOW + offset).toISOString();

const GOOD = { is: "good", text: "it answers", parent: "master (10.0.0.1:5665)" } as const;
const OWN = { file: "agent.crt", modified: at(-DAY), ends: at(300 * DAY) };

const WELL: IcingaSample = {
  at: at(0),
  dataDir: "C:\\ProgramData\\icinga2",
  node: "agent",
  parents: ["master (10.0.0.1:5665)"],
  stateFile: { modified: at(-MINUTE), unchanged: 60 },
  certificate: OWN,
  disk: { free: 50 * GB, log: 1024, replay: 0 },
  tree: { processes: 2, memory: GB, cpu: 99 },
  port: { port: 5665, is: "good", text: "it answers" },
  link: { young: [], connected: { to: "10.0.0.1:5665", since: at(-DAY) } },
  unknown: {},
};

const probes = (...items: string[]) =>
  new Map(configureProbes(items).map((probe) => [probe.name, probe]));

function verdict(name: string, change: Partial<IcingaSample>, ...items: string[]): ProbeVerdict {
  return probes(...items).get(name)!.probe({ ...WELL, ...change }, NOW);
}

Deno.test("of a healthy Icinga 2 every probe says that all is well", () => {
  for (const { name, probe } of probes().values()) {
    assertEquals(probe(WELL, NOW).is, "ok", name);
  }
});

Deno.test("without its part of a sample a probe is unknown, and says why", () => {
  const unknown = { stateFile: "no file", link: "no parents", certificate: "no name" };
  const sample: IcingaSample = { at: at(0), dataDir: "x", unknown };
  for (const { name, probe } of probes().values()) {
    assertEquals(probe(sample, NOW).is, "unknown", name);
  }
  const said = (name: string, sample: IcingaSample) => probes().get(name)!.probe(sample, NOW).text;
  assertEquals(said("parent_connection", sample), "no parents");
  const first = { ...sample, tree: { processes: 1 } };
  assertEquals(["cpu", "memory"].map((name) => said(name, first)), [
    "the load is known after the second sample",
    "the memory of the service's processes cannot be read",
  ]);
});

const REFUSAL = { line: "ApiListener: code 19", meaning: "not signed", advice: "sign it" };

Deno.test("the connection to the parents has four cases, and the second alone restarts", () => {
  const cases: [link: IcingaSample["link"], text: RegExp, restarts: boolean, own?: typeof OWN][] = [
    [{ young: [], answer: GOOD }, /its port answers and its certificate is good/, true],
    [{ young: ["10.0.0.1:5665"], answer: GOOD }, /its port answers/, true],
    [
      { young: [], answer: { ...GOOD, is: "unreachable", text: "refused" } },
      /no parent answers \(refused\)/,
      false,
    ],
    [
      { young: [], answer: { ...GOOD, is: "silent", text: "no answer" } },
      /no parent answers \(no answer\)/,
      false,
    ],
    [{ young: [] }, /the parent is to connect to this host, and does not/, false],
    [{ young: [], isUntried: true }, /no parent's port was tried, since ca.crt is missing/, false],
    [{ young: [], answer: GOOD, refusal: REFUSAL }, /not signed: "ApiListener: code 19"/, false],
    [
      { young: [], answer: { ...GOOD, is: "certificate", text: "BadSignature" } },
      /BadSignature/,
      false,
    ],
    [{ young: [], answer: GOOD }, /own certificate expired/, false, { ...OWN, ends: at(-1) }],
    [
      { young: [], answer: GOOD },
      /own certificate is valid from 2026.* on$/,
      false,
      { ...OWN, begins: at(DAY) } as typeof OWN,
    ],
    [
      { young: [], answer: GOOD },
      /not accepted: self-signed/,
      false,
      { ...OWN, fault: "self-signed" } as typeof OWN,
    ],
  ];
  for (const [link, text, restarts, certificate = OWN] of cases) {
    const found = verdict("parent_connection", { link: link!, certificate });
    assertEquals(found.is, "critical");
    assertMatch(found.text, text);
    assertEquals(!found.tellOnly, restarts, found.text);
    assert(found.advice);
  }
});

Deno.test("with a damaged certificate Icinga 2 would not start again: it is told, and not restarted", () => {
  const { certificate: _, ...sample } = {
    ...WELL,
    link: { young: [], answer: GOOD },
    unknown: { certificate: "agent.crt is no certificate" },
  };
  const found = probes().get("parent_connection")!.probe(sample, NOW);
  assertEquals([found.is, found.tellOnly], ["critical", true]);
  assertMatch(found.text, /its port answers, .* damaged: agent.crt is no certificate$/);
});

Deno.test("after a gap a connection may be old: whether one lasts is unknown for a minute", () => {
  const link = { young: ["10.0.0.1:5665"], answer: GOOD, isEarly: true } as const;
  const isOf = (change: object) =>
    verdict("parent_connection", { link: { ...link, ...change, young: [...link.young] } });
  assertEquals(isOf({}), {
    is: "unknown",
    text: "its connections have been looked at for less than a minute",
  });
  assertEquals(isOf({ refusal: REFUSAL }).is, "critical");
  assertEquals(isOf({ isEarly: undefined }).is, "critical");
});

Deno.test("a day on a host that looks seldom: a connection that lasts is no reason to restart", async () => {
  const early = { link: { young: ["10.0.0.1:5665"], answer: GOOD, isEarly: true } } as const;
  const { records, restarts, introduced } = await runFor(DAY, () => ({
    ...FAR,
    link: { ...early.link, young: [...early.link.young] },
  }));
  assertEquals([restarts, introduced], [0, []]);
  assertEquals(records, [
    "info Probe parent_connection of service 'Icinga2' is unknown: its connections have been looked at for less than a minute",
  ]);
});

Deno.test("an Icinga 2 that cannot write its state file does not hang: it is told, and not restarted", () => {
  const tried = "ThreadPool: Exception thrown in event handler:";
  const stateFile = { modified: at(0), unchanged: 999 };
  const cases: [change: Partial<IcingaSample>, text: RegExp, restarts: boolean][] = [
    [{ stateFile: { ...stateFile, tried } }, /though Icinga 2 tries to: "ThreadPool: Ex/, false],
    [
      { stateFile, disk: { free: 2 ** 26 - 1, log: 0, replay: 0 } },
      /the disk is full: 64.0 MB are free$/,
      false,
    ],
    [{ stateFile, disk: { free: 2 ** 26, log: 0, replay: 0 } }, /hangs/, true],
    [{ stateFile, disk: undefined } as unknown as Partial<IcingaSample>, /hangs/, true],
  ];
  for (const [change, text, restarts] of cases) {
    const found = verdict("heartbeat_file", change);
    assertEquals([found.is, found.lasted, !found.tellOnly], ["critical", 999_000, restarts]);
    assertMatch(found.text, text);
  }
});

Deno.test("which probes run is said once the connections have been looked at for a minute", async () => {
  const { introduced } = await runFor(HOUR, (passed) => ({
    ...FAR,
    ...(passed < MINUTE && { link: { young: ["10.0.0.1:5665"], answer: GOOD, isEarly: true } }),
  }));
  assertEquals(introduced.length, 1);
  assertMatch(introduced[0]!, /: parent_connection, heartbeat_file, api_port, /);
});

Deno.test("a day on a full disk: Icinga 2 works, and is not restarted", async () => {
  const { records, restarts } = await runFor(DAY, (passed) => ({
    ...FAR,
    disk: { free: 4096, log: 0, replay: 0 },
    stateFile: { modified: at(0), unchanged: passed / 1000 },
  }));
  assertEquals([restarts, records.length], [0, 2], records.join("\n"));
});

Deno.test("with an invalid configuration a hang is told, and restarted once that is corrected", async () => {
  const hangs = (passed: number): Partial<IcingaSample> => ({
    ...FAR,
    stateFile: { modified: at(0), unchanged: passed / 1000 },
    ...(passed < 2 * HOUR && { invalid: "etc/icinga2/zones.conf:3: syntax error" }),
  });
  const before = await runFor(2 * HOUR, hangs);
  assertEquals(before.restarts, 0);
  assertMatch(
    before.records.join("\n"),
    /^warning Probe heartbeat_file .* hangs; a restart would fail, since its configuration is invalid: etc\/icinga2\/zones\.conf:3: syntax error; correct the configuration$/,
  );
  // The agent's main thread goes on to validate it.
  assertEquals(before.shared.heartbeat_file!.mayRestart, true);
  const after = await runFor(3 * HOUR, hangs);
  assertEquals(after.restarts, 1);
  const { shared } = await runFor(HOUR, (passed) => ({ ...hangs(passed), ...FAR }), false);
  assertEquals(shared.heartbeat_file!.mayRestart, undefined);
});

Deno.test("a service that is no Icinga 2 is not restarted for what is seen of Icinga 2", () => {
  const tree = { processes: 1, memory: GB, foreign: "spoolsv.exe" };
  const change = {
    tree,
    link: { young: [], answer: GOOD },
    stateFile: { modified: at(0), unchanged: 999 },
  };
  const told = { is: "unknown", text: "the service is no Icinga 2: its program is spoolsv.exe" };
  const found = [...probes().values()].filter(({ action }) => action !== "tell")
    .map(({ probe }) => probe({ ...WELL, ...change }, NOW));
  assertEquals(found, Array<unknown>(2).fill(told));
  // What is seen of its processes is seen of any service.
  assertEquals(verdict("memory", change, "memory limit=1MB").is, "warning");
});

Deno.test("a port that does not answer is evidence for the probes that restart", () => {
  const port = { port: 5665, is: "silent", text: "no answer" } as const;
  const found = [
    verdict("heartbeat_file", { port, stateFile: { modified: at(0), unchanged: 999 } }),
    verdict("parent_connection", { port, link: { young: [], answer: GOOD } }),
  ];
  for (const { text } of found) assertMatch(text, /; its own port 5665: no answer$/);
});

Deno.test("probes that are to be named are off unless they are", () => {
  const on = (...items: string[]) =>
    configureProbes(items, { areNamed: true }).filter(({ action }) => action !== "off")
      .map(({ name, action }) => `${name} ${action}`);
  assertEquals(on(), []);
  assertEquals(on("memory limit=2GB", "heartbeat_file", "disk off"), [
    "heartbeat_file restart-once",
    "memory tell",
  ]);
});

Deno.test("what else the probes find", () => {
  const cases: [
    name: string,
    change: Partial<IcingaSample>,
    is: string,
    text: RegExp,
    item?: string,
  ][] = [
    ["heartbeat_file", { stateFile: { modified: at(0), unchanged: 359 } }, "ok", /was written/],
    [
      "heartbeat_file",
      { stateFile: { modified: at(0), unchanged: 360 } },
      "critical",
      /for 6 min: .* hangs/,
    ],
    [
      "api_port",
      { port: { port: 5665, is: "unreachable", text: "refused" } },
      "warning",
      /port 5665: refused/,
    ],
    [
      "api_port",
      { port: { port: 5665, is: "certificate", text: "other CA" } },
      "warning",
      /other CA; have the node's certificate signed/,
    ],
    ["certificate", { certificate: { ...OWN, ends: at(20 * DAY) } }, "ok", /ends in 20 d/],
    ["certificate", { certificate: { ...OWN, ends: at(3 * DAY) } }, "warning", /ends in 3 d/],
    ["certificate", { certificate: { ...OWN, ends: at(14 * DAY) } }, "ok", /ends in 14 d/],
    ["certificate", { crl: { file: "crl.pem", due: at(1) } }, "ok", /ends in/],
    [
      "certificate",
      { certificate: { ...OWN, ends: at(20 * DAY) } },
      "warning",
      /20 d/,
      "certificate limit=21d",
    ],
    ["certificate", { certificate: { ...OWN, ends: at(0) } }, "critical", /expired 2026/],
    ["certificate", { certificate: { ...OWN, fault: "self-signed" } }, "critical", /self-signed/],
    [
      "certificate",
      { certificate: { ...OWN, begins: at(DAY) } },
      "critical",
      /valid from 2026.* on; compare the clocks/,
    ],
    [
      "certificate",
      { certificate: { ...OWN, isLoaded: false } },
      "warning",
      /agent.crt was renewed 2026.* still uses the one before/,
    ],
    [
      "certificate",
      { crl: { file: "crl.pem", due: at(0) } },
      "warning",
      /crl.pem was to be renewed/,
    ],
    ["disk", { disk: { free: GB - 1, log: 0, replay: 0 } }, "warning", /1024.0 MB are free.*some/],
    ["disk", { disk: { free: GB, log: 2 * GB, replay: 2 * GB } }, "ok", /1.0 GB are free/],
    [
      "disk",
      { disk: { free: 2 * GB, log: 2 * GB + 1, replay: 0 } },
      "warning",
      /the log takes 2.0 GB.*; stop the service, move icinga2.log away/,
    ],
    [
      "disk",
      { disk: { free: 2 * GB, log: 0, replay: 3 * GB } },
      "warning",
      /replay log 3.0 GB.*; find out why the parents/,
    ],
    ["disk", { disk: { free: 2 * GB, log: 0, replay: 0 } }, "warning", /are free/, "disk free=3GB"],
    ["memory", { tree: { processes: 1, memory: 3 * GB } }, "ok", /take 3.0 GB/],
    [
      "memory",
      { tree: { processes: 1, memory: 3 * GB } },
      "warning",
      /take 3.0 GB/,
      "memory limit=2GB",
    ],
    ["memory", { tree: { processes: 1, memory: 2 * GB } }, "ok", /take 2.0/, "memory limit=2GB"],
    ["cpu", { tree: { processes: 1, cpu: 90 } }, "warning", /take 90 %/, "cpu limit=80"],
    ["cpu", { tree: { processes: 1, cpu: 80 } }, "ok", /take 80 %/, "cpu limit=80"],
  ];
  for (const [name, change, is, text, item] of cases) {
    const found = verdict(name, change, ...(item ? [item] : []));
    assertEquals(found.is, is, `${name}: ${found.text}`);
    assertMatch(`${found.text}; ${found.advice}`, text);
  }
});

Deno.test("by default two probes restart, and a setting changes one of them alone", () => {
  const actions = (...items: string[]) =>
    [...probes(...items).values()].filter(({ action }) => action !== "tell")
      .map(({ name, action }) => `${name} ${action}`);
  assertEquals(actions(), ["parent_connection restart-once", "heartbeat_file restart-once"]);
  assertEquals(
    actions("parent_connection action=tell", "disk off", "memory limit=8GB action=restart"),
    ["heartbeat_file restart-once", "disk off", "memory restart"],
  );
});

Deno.test("an item of 'probes' that is wrong says what would be right", () => {
  for (
    const item of [
      "disk",
      "disk off",
      "cpu limit=80",
      "disk free=5GB log=1GB failAfter=0s",
      " disk  off ",
    ]
  ) {
    assertEquals(checkProbe(item), undefined, item);
  }
  assertEquals(checkProbe("cpu limit=80", ["disk off"]), undefined);
  assertMatch(
    checkProbe("disk free=5GB", ["cpu off", " disk off"]) ?? "",
    /^expected each probe once: write all that differs of disk into one text$/,
  );
  for (
    const [item, expected] of [
      [
        "disc off",
        /^expected the name of a probe .* such as 'disk off'.*; did you mean "disk"\?$/,
      ],
      ["disk free=lots", /^free: got "lots"; expected a size/],
      ["disk fre=5GB", /^fre: unknown argument; did you mean "free"\?/],
      ["disk action=explode", /^action: got "explode"; expected .*off/],
      ["disk failAfter=soon", /^failAfter: got "soon"; expected a duration/],
      ["cpu limit=much", /^limit: got "much"; expected a number/],
      ["disk of", /^got "of"; expected "off" or key=value; did you mean "off"\?$/],
      ["disk free=5GB log=1GB free=6GB", /^free: written twice; expected once$/],
      ["disk off action=tell", /^action: written twice; expected once$/],
      ["disk free", /^got "free"; expected "off" or key=value; write free=VALUE$/],
      ["disk  fre=5GB", /^fre: unknown argument; did you mean "free"\?/],
    ] as const
  ) assertMatch(checkProbe(item) ?? "", expected);
});

Deno.test("what a verdict leads to: a look each minute, failAfter 3 min, restart after half of the wait", () => {
  const bad: ProbeVerdict = { is: "critical", text: "bad" };
  const ok: ProbeVerdict = { is: "ok", text: "ok" };
  const none: ProbeVerdict = { is: "unknown", text: "none" };
  const told: ProbeVerdict = { ...bad, tellOnly: true };
  const long: ProbeVerdict = { ...bad, lasted: HOUR };
  const run = (
    action: string,
    verdicts: ProbeVerdict[],
    { lastRestart, gap = MINUTE, wait = 0.5 }: {
      lastRestart?: number;
      gap?: number;
      wait?: number;
    } = {},
  ) => {
    let info: ProbeInfo | undefined, last = lastRestart;
    return verdicts.map((verdict, i) => {
      const now = i * gap;
      const plan = { action, failAfter: 3 * MINUTE, every: MINUTE, now, lastRestart: last };
      const judged = judgeProbe(info, verdict, { ...plan, random: () => wait });
      info = judged.info;
      if (judged.step === "restart") last = now;
      return judged.step === "nothing" ? "." : judged.step;
    }).join(" ").replaceAll(/(\. ?)+/g, (dots) => `${dots.match(/\./g)!.length} `).trim();
  };
  const times = (count: number, verdict: ProbeVerdict) => Array<ProbeVerdict>(count).fill(verdict);
  assertEquals(run("tell", times(60, bad)), "3 warn 56");
  assertEquals(run("tell", [...times(3, bad), ok, ...times(4, bad), ok]), "7 warn recovered");
  assertEquals(run("tell", [...times(2, bad), none, ...times(3, bad)]), "2 unknown 3");
  assertEquals(run("tell", [long]), "warn");
  // Five minutes of waiting, one restart, told again when it did not help, and never a second one.
  assertEquals(run("restart-once", times(120, bad)), "3 warn 4 restart 3 warn 107");
  assertEquals(
    run("restart-once", [...times(9, bad), ok, ...times(4, bad)]),
    "3 warn 4 restart recovered 3 warn",
  );
  // It recovers while it waits.
  assertEquals(run("restart-once", [...times(7, bad), ok, ok]), "3 warn 3 recovered 1");
  assertEquals(run("restart-once", times(120, told)), "3 warn 116");
  // A parent is back after an hour: only what fails for 3 min from then on is restarted.
  assertEquals(
    run("restart-once", [...times(60, told), ...times(2, bad), ok], { wait: 0 }),
    "3 warn 58 recovered",
  );
  assertEquals(run("restart-once", [...times(60, told), ...times(10, bad)]), "3 warn 64 restart 1");
  // The disk has room again; Icinga writes its state within 5 min, and by then the file is as old as it is.
  assertEquals(
    run("restart-once", [...times(60, { ...long, tellOnly: true }), ...times(2, long), ok], {
      wait: 0,
    }),
    "warn 61 recovered",
  );
  assertEquals(
    run("restart-once", [...times(8, bad), told, ...times(10, bad)]),
    "3 warn 13 restart 1",
  );
  // The budget of an hour is shared.
  assertEquals(run("restart", times(120, bad)), "3 warn 4 restart 3 warn 55 restart 3 warn 47");
  assertEquals(
    run("restart-once", times(70, bad), { lastRestart: 0 }),
    "3 warn 56 restart 3 warn 5",
  );
  // What the log says of the time to come knows that budget.
  const plan = { action: "restart", failAfter: 0, every: MINUTE, now: HOUR, random: () => 0.5 };
  for (const [lastRestart, due] of [[undefined, HOUR + 5 * MINUTE], [50 * MINUTE, 110 * MINUTE]]) {
    const { info } = judgeProbe(undefined, bad, { ...plan, lastRestart });
    assertEquals(info.due, due);
  }
  // The host slept between all looks: nothing lasted.
  assertEquals(run("restart", times(20, bad), { gap: 2 * HOUR }), "20");
  assertEquals(LONGEST_DELAY, 10 * MINUTE);
});

/** Runs the probes of a simulated service, one tick each 30 s with the sample that `look` gives for a minute. */
async function runFor(
  span: number,
  look: (passed: number) => Partial<IcingaSample>,
  mayRestart = true,
  observe?: (why: string | undefined) => void,
) {
  let now = 0;
  const clock = Object.assign(new ManualClock(), {
    now: () => now,
    sleep: (ms: number) => Promise.resolve(void (now += ms)),
  });
  const manager = new SimulatedServiceManager(clock, {});
  const state = new MainState({ thread: "main" });
  const records: string[] = [];
  const stop = new AbortController();
  const context = createContext({
    daemon: "icinga_agent_service",
    thread: "main",
    signal: stop.signal,
    arguments: {},
    state,
    log: createDaemonLog("info", (level, message) => void records.push(`${level} ${message}`)),
    services: manager,
    clock,
  });
  const host = state.map<string, IcingaSample>("Agent.Host");
  const service = context.service("Icinga2");
  let runningSince = 0, restarts = 0;
  const restart = () => {
    restarts++;
    runningSince = now;
    return Promise.resolve();
  };
  const runner = new ProbeRunner(context, service, configureProbes([]), {
    restart,
    random: () => 0.5,
  });
  for (let passed = 0; passed < span; passed += 30 * SECOND) {
    host.set("icinga2", { ...WELL, at: at(passed), ...look(passed) });
    await runner.tick(runningSince, mayRestart, observe);
    now += 30 * SECOND;
  }
  const shared = Object.fromEntries(
    state.map<string, SharedProbe>("Daemons.icinga_agent_service.ServiceProbes"),
  );
  state.close();
  const isIntroduction = (record: string) => record.startsWith("info Probes of");
  const introduced = records.filter(isIntroduction);
  return { records: records.filter((one) => !isIntroduction(one)), introduced, shared, restarts };
}

Deno.test("a day of a healthy Icinga 2: no restart, no record", async () => {
  const { records, restarts, shared, introduced } = await runFor(
    DAY,
    () => ({ certificate: { ...OWN, ends: "2999-01-01T00:00:00Z" } }),
  );
  assertEquals([records, restarts], [[], 0]);
  assertEquals(introduced, [
    "info Probes of service 'Icinga2': parent_connection, heartbeat_file, api_port, certificate, disk, memory, cpu",
  ]);
  assertEquals(
    Object.values(shared).map(({ is, failed }) => [is, failed]),
    Array(7).fill(["ok", false]),
  );
});

Deno.test("a hung Icinga 2 that is only observed: it is told why it would be restarted, until it is well", async () => {
  const told: (string | undefined)[] = [];
  const { restarts, records } = await runFor(
    DAY,
    (passed) => ({
      ...FAR,
      ...(passed < DAY / 2 && { stateFile: { modified: at(0), unchanged: passed / 1000 } }),
    }),
    true,
    (why) => told.push(why?.replace(/ was .*:/, "")),
  );
  assertEquals(restarts, 0);
  assertEquals(records.some((record) => /restarting|Restarted/.test(record)), false);
  assertEquals(records.map((record) => record.replace(/not written for [\d a-z]+:/, "…")), [
    "warning Probe heartbeat_file of service 'Icinga2' fails for 15m and longer: icinga2.state was … Icinga 2 hangs; it would be restarted in 5 min",
    "info Probe heartbeat_file of service 'Icinga2' is ok again: icinga2.state was written 2026-11-28T23:59:00.000Z",
  ]);
  assertEquals(told, ["icinga2.state Icinga 2 hangs", undefined]);
});

const FAR = { certificate: { ...OWN, ends: "2999-01-01T00:00:00Z" } };

Deno.test("a day of a hung Icinga 2: one restart, and two records say that it hangs", async () => {
  const { records, restarts, shared } = await runFor(DAY, (passed) => ({
    ...FAR,
    stateFile: { modified: at(0), unchanged: passed / 1000 },
  }));
  assertEquals(restarts, 1);
  assertEquals(records.map((record) => record.replace(/not written for [\d a-z]+:/, "…")), [
    "warning Probe heartbeat_file of service 'Icinga2' fails for 15m and longer: icinga2.state was … Icinga 2 hangs; the service is restarted in 5 min unless that changes",
    "warning Probe heartbeat_file of service 'Icinga2': the service is restarted now, since icinga2.state was … Icinga 2 hangs",
    "warning Probe heartbeat_file of service 'Icinga2' fails for 15m and longer: icinga2.state was … Icinga 2 hangs; a restart did not help",
  ]);
  const { is, failed, since } = shared.heartbeat_file!;
  assertEquals([is, failed, since !== undefined], ["critical", true, true]);
});

Deno.test("a hang counts from the last time that the state file was written", async () => {
  const told = async (span: number) => {
    const { records } = await runFor(span, (passed) => ({
      ...FAR,
      stateFile: { modified: at(0), unchanged: Math.max(0, passed - HOUR) / 1000 },
    }));
    return records.length;
  };
  // It is told after 15 min, and the last look is 30 s before the end.
  assertEquals(await told(HOUR + 15 * MINUTE), 0);
  assertEquals(await told(HOUR + 15 * MINUTE + 30 * SECOND), 1);
});

Deno.test("a sample of long ago says nothing about now, whatever the clock of the host says", async () => {
  const look = (time: string) => () => ({
    ...{ ...FAR, at: time, stateFile: { modified: at(0), unchanged: 7_200 } },
  });
  for (const time of [at(-DAY), "2999-01-01T00:00:00Z"]) {
    const { records, shared, restarts } = await runFor(DAY, look(time));
    // It is news for 3 min, and the probe settles for 15.
    assertEquals([records, "heartbeat_file" in shared, restarts], [[], false, 0]);
  }
});

Deno.test("on a master the probe of the parents is off, and on a node with unknown parents it is unknown", async () => {
  const look = (parents?: string[]) => () => ({
    ...{ ...FAR, link: undefined!, parents: parents!, unknown: { link: "none" } },
  });
  const shown = async (parents?: string[]) =>
    (await runFor(HOUR, look(parents))).shared.parent_connection?.is;
  assertEquals([await shown([]), await shown()], [undefined, "unknown"]);
});

Deno.test("a day without a master is told once, and restarts nothing", async () => {
  const answer = { ...GOOD, is: "unreachable", text: "refused" } as const;
  const { records, restarts } = await runFor(DAY, () => ({ ...FAR, link: { young: [], answer } }));
  assertEquals(restarts, 0);
  assertEquals(records.length, 1);
  assertMatch(
    records[0]!,
    /^warning Probe parent_connection .*no parent answers \(refused\); look at/,
  );
});

Deno.test("where nothing may be restarted, probes tell alone", async () => {
  const look = () => ({ ...FAR, link: { young: [], answer: GOOD } });
  const { records, restarts } = await runFor(DAY, look, false);
  assertEquals([records.length, restarts], [1, 0]);
  assertEquals((await runFor(DAY, look)).restarts, 1);
});

Deno.test("a service whose configuration is invalid is not restarted until that has changed, and says so once", async () => {
  const run = simulate(daemon, { scenario: "crash=4s" });
  const host = run.state.map<string, IcingaSample>("Agent.Host");
  const diagnosis = {
    ...{ what: "its configuration is invalid", since: at(0), advice: "mend it", hold: true },
    evidence: ["x.conf:1: syntax error", "log: more"],
  };
  const starts = () => run.services.calls.filter((call) => call.startsWith("start")).length;
  host.set("icinga2", { ...WELL, diagnosis });
  await run.advance("1h");
  assertEquals(starts(), 0);
  assertEquals(run.map("ServiceState").get("diagnosis"), diagnosis);
  const said = run.log.filter(({ message }) => message.includes("not restarted"));
  assertEquals(said.map(({ level, message }) => `${level} ${message}`), [
    "warning Service 'icinga2' is not restarted: its configuration is invalid: x.conf:1: syntax error",
  ]);
  host.set("icinga2", { ...WELL, diagnosis: { ...diagnosis, hold: false } });
  await run.advance("10s");
  assertEquals(starts(), 1);
  host.set("icinga2", WELL);
  await run.advance("10s");
  assertEquals(run.map("ServiceState").has("diagnosis"), false);
  await run.stop();
});

Deno.test("a service that was mended is tried once at once, and then waits as before", async () => {
  const run = simulate(daemon, { scenario: "crash=1s,refuse=9999" });
  const host = run.state.map<string, IcingaSample>("Agent.Host");
  const starts = () => run.services.calls.filter((call) => call.startsWith("start")).length;
  await run.advance("1h");
  const before = starts();
  const diagnosis = {
    ...{ what: "its state file was corrupt", since: at(0), advice: "none", hold: false },
    ...{ evidence: [], mended: at(0) },
  };
  host.set("icinga2", { ...WELL, diagnosis });
  await run.advance("10s");
  assertEquals(starts(), before + 1);
  await run.advance("1m");
  assertEquals(starts(), before + 1);
  await run.stop();
});

Deno.test("service_watch runs the probes that are named, for each of its services", async () => {
  const run = simulate(watch, {
    arguments: { services: ["Spooler", "W32Time"], probes: ["memory limit=2GB failAfter=0s"] },
    maps: { ServiceProbes: { "Gone/memory": {}, "Spooler/cpu": {} } },
  });
  const host = run.state.map<string, IcingaSample>("Agent.Host");
  await run.advance("3m");
  for (const [name, memory] of [["spooler", 3 * GB], ["w32time", GB]] as const) {
    host.set(name, { at: at(0), dataDir: "", tree: { processes: 1, memory }, unknown: {} });
  }
  await run.advance("1m");
  const shared = run.map<SharedProbe>("ServiceProbes");
  assertEquals([...shared].map(([key, { is, failed }]) => `${key} ${is} ${failed}`).sort(), [
    "Spooler/memory warning true",
    "W32Time/memory ok false",
  ]);
  host.set("spooler", {
    ...host.get("spooler")!,
    diagnosis: { what: "x", since: at(0), evidence: [], advice: "", hold: false },
  });
  await run.advance("10s");
  const maps = Object.fromEntries(
    ["ServiceState", "ServiceStats", "ServiceProbes"].map((name) => [
      `Daemons.service_watch.${name}`,
      Object.fromEntries(run.map(name)),
    ]),
  );
  const info = { service_watch: { module: null, enabled: true, services: true } };
  assertEquals(
    watchedServices(stateOf({ ...maps, "Agent.Daemons": info })).map((
      { name, probes, diagnosis },
    ) => [name, probes.length, diagnosis?.what]),
    [["Spooler", 1, "x"], ["W32Time", 1, undefined]],
  );
  await run.stop();
});

Deno.test("of a probe that is switched off nothing is shared any more", async () => {
  const old = { is: "warning", text: "full", failed: true };
  const run = simulate(daemon, {
    arguments: { probes: ["disk off"] },
    maps: { ServiceProbes: { disk: old, cpu: old } },
  });
  await run.advance(0);
  assertEquals([...run.map("ServiceProbes").keys()], ["cpu"]);
  await run.stop();
});

Deno.test("a probe does not restart what was restarted while its restart waited its turn", async () => {
  for (const left of ["", "crashed", "paused", "installing"]) {
    const clock = new ManualClock();
    const scenario = left === "crashed" ? { crashAt: [1_000], startTakes: 3_000 } : {};
    const manager = new SimulatedServiceManager(clock, scenario);
    const state = new MainState({ thread: "main" });
    const { values } = readArguments(daemon.arguments!, {});
    const context = createContext({
      daemon: "icinga_agent_service",
      thread: "main",
      signal: new AbortController().signal,
      arguments: values,
      state,
      log: createDaemonLog("info", () => {}),
      services: manager,
      clock,
    });
    const shared = { setValue: () => {}, restartErrors: () => 0, setRestartErrors: () => {} };
    const service = context.service("icinga2");
    const watch = new ServiceWatch(context, service, shared, values as WatchSettings);
    await watch.tick();
    await clock.advance(1_001);
    const done = [watch.tick(), watch.restartRunning()];
    if (left === "paused") state.map("Agent.ServicePauses").set("icinga2", {});
    if (left === "installing") state.map("Agent.Aside").set("installing", "an installer");
    await clock.advance(20_000);
    await Promise.all(done);
    const changes = manager.calls.filter((call) => /^st/.test(call));
    const expected = { "": ["stop icinga2", "start icinga2"], crashed: ["start icinga2"] };
    assertEquals(changes, expected[left as ""] ?? [], left);
    state.close();
  }
});

Deno.test("a restart by a probe is counted, and gives the service its time to settle", async () => {
  const items = ["heartbeat_file failAfter=1m settle=5m action=restart", "disk off"];
  const run = simulate(daemon, { arguments: { probes: items } });
  const host = run.state.map<string, IcingaSample>("Agent.Host");
  const hung = { ...WELL, ...FAR, stateFile: { modified: at(0), unchanged: 7200 } };
  const starts = () => run.services.calls.filter((call) => call.startsWith("start")).length;
  const pass = async (minutes: number, until = () => false) => {
    for (; minutes > 0 && !until(); minutes--) {
      host.set("icinga2", { ...hung, at: new Date().toISOString() });
      await run.advance("1m");
    }
  };
  const aside = run.state.map<string, string>("Agent.Aside");
  aside.set("installing", "an installer is at work");
  await pass(20);
  assertEquals(starts(), 0);
  aside.delete("installing");
  await pass(20, () => starts() > 0);
  const { restarts, lastRestart } = run.map<ServiceStats>("ServiceStats").get("icinga2")!;
  assertEquals([starts(), restarts, lastRestart !== undefined], [1, 1, true]);
  const said = () => run.log.filter(({ message }) => message.includes("fails for")).length;
  assertEquals(said(), 1);
  await pass(4);
  assertEquals(said(), 1);
  await pass(3);
  assertEquals(said(), 2);
  await run.stop();
});

/** Runs the daemon on an Icinga 2 whose state file is two hours old; `pass` lets minutes pass. */
function runHung(scenario = "") {
  const run = simulate(daemon, { scenario });
  const host = run.state.map<string, IcingaSample>("Agent.Host");
  let passed = 0;
  const pass = async (minutes: number) => {
    for (const end = passed + minutes; passed < end; passed++) {
      const stateFile = { modified: at(0), unchanged: 7200 + passed * 60 };
      host.set("icinga2", { ...WELL, ...FAR, at: at(passed * MINUTE), stateFile });
      await run.advance("1m");
    }
  };
  const changes = () => run.services.calls.filter((call) => /^st/.test(call));
  return { ...run, run, pass, changes };
}

Deno.test("what was started in a pause has its time to settle: nobody saw the start", async () => {
  const { run, pass, changes } = runHung();
  await pass(10);
  const maintenance = run.state.map("Agent.Maintenance");
  maintenance.set("paused", { since: at(0), by: "command" });
  await pass(20);
  maintenance.delete("paused");
  await pass(14);
  assertEquals([changes(), run.log.filter(({ level }) => level === "warning")], [[], []]);
  await pass(13);
  assertEquals(changes(), ["stop icinga2", "start icinga2"]);
  await run.stop();
});

Deno.test("what was started anew between two queries has its time to settle", async () => {
  const cases: [seen: (number | undefined)[], changes: string[]][] = [
    [[3, 1, 4], []],
    // The agent could not read its state for a moment.
    [[undefined, 4], ["stop icinga2", "start icinga2"]],
  ];
  for (const [seen, expected] of cases) {
    const { run, pass, changes } = runHung();
    const states = run.state.map("Agent.ServiceStates");
    states.set("icinga2", 4);
    await pass(14);
    for (const state of seen) {
      if (state === undefined) states.delete("icinga2");
      else states.set("icinga2", state);
    }
    await pass(14);
    assertEquals(changes(), expected);
    await run.stop();
  }
});

Deno.test("a failure from before a start is over as soon as nothing fails any more", async () => {
  const items = ["heartbeat_file action=tell", "disk off"];
  const run = simulate(daemon, { arguments: { probes: items } });
  const host = run.state.map<string, IcingaSample>("Agent.Host");
  const pass = async (minutes: number, unchanged: number) => {
    for (const end = run.now + minutes * MINUTE; run.now < end;) {
      const stateFile = { modified: at(0), unchanged };
      host.set("icinga2", { ...WELL, ...FAR, at: at(run.now), stateFile });
      await run.advance("1m");
    }
    return run.map<SharedProbe>("ServiceProbes").get("heartbeat_file")?.failed;
  };
  // It has failed for too short a time to be logged.
  assertEquals(await pass(16, 660), false);
  run.services.set("STOPPED");
  assertEquals(await pass(2, 30), false);
  assertEquals(run.map<SharedProbe>("ServiceProbes").get("heartbeat_file")!.is, "ok");
  assertEquals(await pass(17, 7200), true);
  run.services.set("STOPPED");
  // The sample is from before the start.
  assertEquals(await pass(1, 7200), true);
  assertEquals(await pass(1, 30), false);
  const said = () => run.log.filter(({ message }) => message.includes("is ok again")).length;
  assertEquals(said(), 1);
  assertEquals(await pass(20, 30), false);
  assertEquals(said(), 1);
  await run.stop();
});

Deno.test("a service that is disabled and runs is not restarted before it is enabled", async () => {
  const { run, pass, changes } = runHung("disabled");
  await pass(50);
  assertEquals(changes(), []);
  const texts = run.log.filter(({ level }) => level === "warning").map(({ message }) => message);
  assertEquals(texts.length, 2, texts.join("\n"));
  assertMatch(texts[0]!, /the service is restarted in .* unless that changes$/);
  assertMatch(texts[1]!, /is not restarted: its start type is disabled, and it would not start/);
  const { failed, text } = run.map<SharedProbe>("ServiceProbes").get("heartbeat_file")!;
  assertEquals(failed, true);
  assertMatch(text, /hangs; it is not restarted, since its start type is disabled$/);
  run.services.repair();
  await pass(2);
  assertEquals(changes(), ["stop icinga2", "start icinga2"]);
  await run.stop();
});
