import { assert, assertEquals, assertMatch } from "@std/assert";
import { testWindows } from "./machine.ts";

testWindows(
  "connections, processes, what one uses and who may log on are read, and a tree is ended",
  async (windows) => {
    const home = await windows.home({}, "home", "connections");
    const { output } = await home.warden();
    const { ipv4, ipv6, gone, pid, usage, free, other, tree, late, logon } = JSON.parse(output);
    assertEquals(ipv4, { seen: [["127.0.0.1", "127.0.0.1"]], holder: pid });
    // A host may be without IPv6.
    if (typeof ipv6 !== "string") assertEquals(ipv6, { seen: [["::1", "::1"]], holder: pid });
    assertEquals([gone, other], [false, null]);
    assert(usage.memory > 1e7 && usage.cpu >= 0 && free > 0, output);
    assertEquals(logon[0], "granted");
    // Wine knows no rights of accounts, and a user of Windows rarely has this one.
    assert(["granted", "missing", "unknown"].includes(logon[1]), output);
    const both = ["cmd.exe", "ping.exe"];
    assertEquals(tree, { before: both, kept: both, left: [] });
    assertEquals(late, { result: "ended at its limit", before: both, left: [] });
  },
  "connections",
);

testWindows("doctor looks at a service and its folder, whether it runs or not", async (windows) => {
  const service = "warden doctor";
  const home = await windows.home({
    "etc/etc/icinga2/icinga2.conf": "",
    "etc/var/lib/icinga2/icinga2.state": "2:{},",
  });
  const dataDir = `${home.inside}\\etc`;
  const entry = { arguments: { service, dataDir } };
  const config = { daemons: { icinga_agent_service: entry } };
  await home.write("icinga-warden.json", JSON.stringify(config));
  const doctor = async () => {
    const { code, output } = await home.warden("doctor", "--json");
    const [{ findings }] = JSON.parse(output).services;
    const found = (findings as { check: string; level: string; text: string }[])
      .map(({ check, level, text }) => [check, `${level}: ${text}`]);
    return { code, found: Object.fromEntries(found) };
  };
  const absent = await doctor();
  assertEquals([absent.code, absent.found.service], [
    1,
    `problem: '${service}' is not installed`,
  ]);
  await windows.install(service);
  const { code, found } = await doctor();
  assertEquals(code, 0, JSON.stringify(found));
  assertEquals(found.service, `ok: '${service}' is running`);
  assertEquals(found["start type"], "warning: manual");
  assertEquals(found.account, "ok: LocalSystem may log on as a service");
  assert(found["heartbeat file"].startsWith("ok: icinga2.state was written"));
  assert(found.disk.startsWith("ok: "), found.disk);
  assert(found.memory.startsWith("ok: "), found.memory);
  assert(found.configuration.startsWith("unknown: 'icinga2 daemon -C' cannot be run"));
});

testWindows("without dataDir, the folder is found from the service's program", async (windows) => {
  const service = "warden_found";
  const home = await windows.home({ "ic inga/etc/icinga2/icinga2.conf": "" });
  const root = `${home.inside}\\ic inga`;
  const program = `${root}\\sbin\\icinga2.exe`;
  await windows.register(service, `"${program}" --scm daemon`);
  const entry = { arguments: { service } };
  const config = { daemons: { icinga_agent_service: entry } };
  await home.write("icinga-warden.json", JSON.stringify(config));
  const { output } = await home.warden("doctor");
  assertEquals(
    output.split(/\r?\n/)[0],
    `${service}, its files in ${root} (beside the service's program ${program})`,
  );
});

testWindows(
  "a running agent's probes look at the service's files and processes",
  async (windows) => {
    const service = "warden probes";
    await windows.install(service);
    const home = await windows.home({ "icinga/var/lib/icinga2/icinga2.state": "2:{}," });
    const names = ["disk", "memory", "certificate", "heartbeat_file"];
    const probes = names.map((name) => `${name} settle=0s`);
    const entry = { arguments: { service, dataDir: `${home.inside}\\icinga`, probes } };
    const daemons = { icinga_agent_service: entry };
    const config = { daemons, control: { listen: "127.0.0.1:0" }, log: { level: "debug" } };
    const agent = await windows.agent(["run", "--foreground"], {
      "icinga-warden.json": JSON.stringify(config),
    });
    // The name of the node is not known: what follows it in the order of the probes is judged by then.
    await agent.logged(/Probe certificate of service 'warden probes' is unknown: the name of the/);
    const { output } = await agent.warden("get", "icinga_agent_service.ServiceProbes", "--json");
    const [disk, memory, , heartbeat] = names.map((name) => JSON.parse(output)[name]);
    assertEquals([disk.is, memory.is], ["ok", "ok"], output);
    // The service has another name and program; its folder is named.
    assertEquals(heartbeat.is, "ok", output);
  },
);

testWindows(
  "without a file of its log, Icinga's records are read from the event log",
  async (windows) => {
    const service = "warden event log";
    await windows.install(service);
    const home = await windows.home({
      "icinga/etc/icinga2/constants.conf": 'const NodeName = "agent"\n',
      "icinga/etc/icinga2/features-enabled/api.conf": 'object ApiListener "api" { }\n',
      "icinga/etc/icinga2/zones.conf": `
      object Endpoint "master" { host = "127.0.0.1"; port = "1" }
      object Zone "master" { endpoints = [ "master" ] }
      object Endpoint "agent" { }
      object Zone "agent" { endpoints = [ "agent" ]; parent = "master" }\n`,
    });
    const entry = { arguments: { service, dataDir: `${home.inside}\\icinga` } };
    const config = { daemons: { icinga_agent_service: entry } };
    await home.write("icinga-warden.json", JSON.stringify(config));
    const finding = async () => {
      const { output } = await home.warden("doctor", "--json");
      const [{ findings }] = JSON.parse(output).services;
      return (findings as { check: string; level: string; text: string }[])
        .find(({ check }) => check === "parent connection")!;
    };
    assertEquals((await finding()).text.includes("ApiListener"), false);
    const refused = "Certificate validation failed for endpoint 'master': code 18";
    const asked = await windows.icingaLogs(`warning/ApiListener: ${refused}`);
    const { level, text } = await finding();
    assert(text.endsWith(`"ApiListener: ${refused}"`), `${level}: ${text}`);
    const query = await asked();
    // No Wine: Windows has answered the query itself.
    if (query === undefined) return;
    const [verb, log, about, ...options] = query.trim().split("\n");
    assertEquals([verb, log, ...options], [
      ...["qe", "Application", "/c:200", "/rd:true", "/f:xml", "/uni:true"],
    ]);
    assertMatch(about!, /^\/q:.*'Icinga 2'.* <= 120\d\d\d\]\]\]$/);
  },
);

testWindows("a damaged state file is moved aside by the agent, and kept", async (windows) => {
  const service = "warden_repaired";
  // Disabled, so that it stays stopped.
  await windows.register(service, "Z:\\bed\\bin\\standin.exe");
  await windows.run("sc.exe", "delete", service);
  const options = ["binPath=", "Z:\\bed\\bin\\standin.exe", "start=", "disabled"];
  await windows.run("sc.exe", "create", service, ...options);
  const home = await windows.home({ "icinga/var/lib/icinga2/icinga2.state": "damaged" });
  const dataDir = `${home.inside}\\icinga`;
  const entry = { arguments: { service, dataDir, repair: ["state-file"] } };
  const daemons = { icinga_agent_service: entry };
  const config = { daemons, control: { listen: "127.0.0.1:0" } };
  const agent = await windows.agent(["run", "--foreground"], {
    "icinga-warden.json": JSON.stringify(config),
  });
  const log = await agent.logged(/its state file is corrupt; it was moved aside, and is kept as/);
  const [, kept] = /(icinga2\.state\.\d{8}T\d{6}Z)/.exec(log)!;
  assertEquals(await home.read(`icinga/var/lib/icinga2/${kept}`), "damaged");
  assertEquals(await home.read("icinga/var/lib/icinga2/icinga2.state"), "");
});
