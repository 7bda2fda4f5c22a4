import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { connect } from "node:tls";
import { ManualClock } from "../../lib/base/mod.ts";
import { newToken, readToken, tokenFile } from "../../lib/control/access/token.ts";
import { describeDanger } from "../../lib/control/exporter.ts";
import { EventHub } from "../../lib/control/events.ts";
import type { Status } from "../../lib/control/status_schema.ts";
import { Client, NotRunningError, RefusedError } from "../../lib/control/client.ts";
import type { StateChange } from "../../lib/control/mod.ts";
import type { Past } from "../../lib/control/history.ts";
import type { LogEntry } from "../../lib/log/mod.ts";
import { withControl } from "./served.ts";
import { agentMaps, stateOf } from "./state.ts";
import { hasOpenssl, startTlsHost } from "../tls_host.ts";

const encoder = new TextEncoder();
const JSON_TYPE = { "content-type": "application/json" };

/** Waits until something holds, for 60 s at most. */
async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; !await holds();) {
    assertEquals(Date.now() < end, true, `not within 60 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Asks without any client's help, and returns status and body. */
async function ask(url: string, init: RequestInit = {}): Promise<[number, string]> {
  const response = await fetch(url, { redirect: "manual", ...init });
  return [response.status, await response.text()];
}

Deno.test("without the token, or with a wrong one, nothing is told and nothing done", async () => {
  await withControl(async ({ base, token, calls }) => {
    const paths = ["status", "state", "paths", "history", "logs", "events"].map((name) =>
      `/api/${name}`
    );
    const wrong = token.slice(0, -1) + (token.endsWith("A") ? "B" : "A");
    for (const authorization of ["", `Bearer ${wrong}`, `Basic ${btoa(`:${token}`)}`, token]) {
      const headers = { ...JSON_TYPE, authorization };
      for (const path of [...paths, "/metrics"]) {
        const [status, text] = await ask(base + path, { headers });
        assertEquals([status, text], [401, '{"error":"The token is missing or wrong"}\n'], path);
      }
      for (const name of ["pause", "resume", "restart", "link"]) {
        const [status] = await ask(`${base}/api/${name}`, { method: "POST", headers, body: "{}" });
        assertEquals(status, 401, name);
      }
      const [status] = await ask(`${base}/metrics?token=${token}`, { headers });
      assertEquals(status, 401);
    }
    assertEquals(calls, []);
  });
});

Deno.test("the token of monitoring opens the status and the metrics, and nothing else", async () => {
  await withControl(async ({ home, base, calls }) => {
    const token = (await readToken(home, "monitor"))!.text;
    const headers = { ...JSON_TYPE, authorization: `Bearer ${token}` };
    for (const path of ["/api/status", "/metrics"]) {
      assertEquals((await ask(base + path, { headers }))[0], 200, path);
    }
    for (const name of ["state", "paths", "history", "logs", "events"]) {
      assertEquals((await ask(`${base}/api/${name}`, { headers }))[0], 403, name);
    }
    for (const name of ["pause", "resume", "restart", "link", "logout"]) {
      const request = { method: "POST", headers, body: "{}" };
      assertEquals((await ask(`${base}/api/${name}`, request))[0], 403, name);
    }
    const login = { method: "POST", headers: JSON_TYPE, body: JSON.stringify({ token }) };
    assertEquals((await ask(`${base}/api/login`, login))[0], 401);
    assertEquals(calls, []);
  });
});

Deno.test("a GET changes nothing, and what is not there is not found", async () => {
  await withControl(async ({ base, token, calls }) => {
    const headers = { authorization: `Bearer ${token}` };
    for (const name of ["pause", "resume", "restart", "link", "login"]) {
      assertEquals((await ask(`${base}/api/${name}`, { headers }))[0], 405, name);
    }
    const paths = [
      ...["/api", "/api/", "/api/Status", "/api/status/", "/api//status", "/etc/passwd", "/page/"],
      ...["/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/page.css/../../deno.json"],
      ...["/control.token", "/constructor", "/__proto__", "/api/status%00", "/api/%73tatus"],
      "/api/state?path=nothing",
    ];
    for (const path of paths) assertEquals((await ask(base + path, { headers }))[0], 404, path);
    assertEquals(calls, []);
  });
});

Deno.test("anyone may load the page's files, which may load nothing from elsewhere", async () => {
  await withControl(async ({ base }) => {
    const types = { "/": "html", "/page.css": "css", "/page.js": "javascript", "/icon.svg": "svg" };
    for (const [path, type] of Object.entries(types)) {
      const { status, headers, body } = await fetch(base + path);
      await body?.cancel();
      assertEquals([status, headers.get("content-type")!.includes(type)], [200, true], path);
      assertMatch(
        headers.get("content-security-policy")!,
        /^default-src 'none'; script-src 'self';/,
      );
      assertEquals(headers.get("cache-control"), "no-store");
    }
  });
});

Deno.test("HEAD is answered where GET is", async () => {
  await withControl(async ({ base, token, calls }) => {
    const head = (path: string) =>
      ask(base + path, { method: "HEAD", headers: { authorization: `Bearer ${token}` } });
    for (const path of ["/", "/page.css", "/api/status", "/metrics"]) {
      assertEquals(await head(path), [200, ""], path);
    }
    // A stream that went on would take one of sixteen places.
    for (let i = 0; i < 20; i++) assertEquals(await head("/api/events?topics=status"), [200, ""]);
    const pause = await fetch(`${base}/api/pause`, { method: "HEAD" });
    assertEquals([pause.status, pause.headers.get("allow")], [405, "POST"]);
    assertEquals((await ask(`${base}/api/status`, { method: "HEAD" }))[0], 401);
    assertEquals(calls, []);
  });
});

Deno.test("a pause of a service that nobody watches any more can be ended", async () => {
  const pause = { since: "2026-01-01T00:00:00.000Z", by: "command" };
  const maps = agentMaps();
  const stats = "Daemons.icinga_agent_service.ServiceStats";
  maps[stats] = { Icinga2: maps[stats]!.icinga2 };
  maps["Agent.ServicePauses"] = { spooler: pause };
  await withControl(
    async ({ client, calls }) => {
      const resume = (service: string) => client.post("/api/resume", { service });
      assertEquals(await resume("Spooler"), { ok: true, wasPaused: true });
      assertEquals(await resume("icinga2"), { ok: true, wasPaused: false });
      assertEquals(calls, [["resume", "Spooler"], ["resume", "Icinga2"]]);
    },
    {},
    { maps },
  );
});

Deno.test("a resume is logged where something was paused", async () => {
  await withControl(async ({ client, calls, logged }) => {
    const before = logged.length;
    for (const body of [{}, { service: "icinga2" }]) {
      assertEquals(await client.post("/api/resume", body), { ok: true, wasPaused: false });
    }
    assertEquals(calls, [["resume", undefined], ["resume", "icinga2"]]);
    assertEquals(logged.slice(before), []);
  });
});

Deno.test("commands reach the agent, and wrong ones do not", async () => {
  const maps = agentMaps();
  const paused = { since: "2026-01-01T00:00:00.000Z", by: "command" };
  maps["Agent.Maintenance"] = { paused };
  maps["Agent.ServicePauses"] = { icinga2: paused };
  await withControl(
    async ({ client, calls, logged, troubles }) => {
      assertEquals([...troubles.values()], [undefined, undefined]);
      await client.post("/api/pause");
      await client.post("/api/pause", { duration: "90s" });
      await client.post("/api/resume");
      await client.post("/api/restart", { daemon: "known" });
      assertEquals(calls, [
        ["pause", "command", undefined, undefined],
        ["pause", "command", 90_000, undefined],
        ...[["resume", undefined], ["restart", "known"]],
      ]);
      calls.length = 0;
      await client.post("/api/pause", { duration: "2h", service: "ICINGA2" });
      await client.post("/api/resume", { service: "icinga2" });
      assertEquals(calls, [["pause", "command", 7_200_000, "icinga2"], ["resume", "icinga2"]]);
      assertEquals(logged.map(({ message }) => message).slice(-5), [
        "Paused by a command: nothing is restarted",
        "Paused by a command for 90s: nothing is restarted",
        "Resumed by a command",
        "Service 'icinga2' is paused by a command for 2h: it is left alone",
        "Service 'icinga2' is resumed by a command",
      ]);
      const nobody = await assertRejects(() => client.post("/api/pause", { service: "icinga" }));
      assertEquals(
        (nobody as Error).message.includes(`'icinga'; did you mean "icinga2"?`),
        true,
        String(nobody),
      );
      calls.length = 0;
      for (const duration of ["1s", "7d"]) await client.post("/api/pause", { duration });
      assertEquals(calls.map((call) => (call as unknown[])[2]), [1_000, 604_800_000]);
      calls.length = 0;
      for (const duration of ["8d", "999ms", "soon", 5, null, [], "-1s"]) {
        const error = await assertRejects(
          () => client.post("/api/pause", { duration }),
          RefusedError,
        );
        assertEquals(error.status, 400, String(duration));
      }
      const unknown = await assertRejects(
        () => client.post("/api/restart", { daemon: "unknown" }),
        RefusedError,
      );
      assertEquals([unknown.status, unknown.message], [
        ...[404, "no such daemon; known: icinga_agent_service"],
      ]);
      const registered = { daemon: "icinga_agent_service" };
      const why = await assertRejects(() => client.post("/api/restart", registered), RefusedError);
      assertEquals(why.message, "no such daemon");
      const nearest = { daemon: "icinga_agent_servic" };
      const meant = 'did you mean "icinga_agent_service"?';
      await assertRejects(() => client.post("/api/restart", nearest), RefusedError, meant);
      await assertRejects(() => client.post("/api/restart", { daemon: 7 }), RefusedError);
    },
    {},
    { maps },
  );
});

Deno.test("what the agent cannot do is answered as an error, and logged", async () => {
  const fail = () => Promise.reject(new Error("the disk is full"));
  await withControl(
    async ({ client, logged }) => {
      for (const path of ["/api/pause", "/api/resume"]) {
        const error = await assertRejects(() => client.post(path), RefusedError);
        assertEquals(error.status, 500, path);
      }
      const said = "The control endpoint failed: Error: the disk is full";
      assertEquals(logged.map(({ message }) => message).slice(1), [said, said]);
    },
    {},
    { agent: { pause: fail, resume: fail } },
  );
});

Deno.test("a page of another origin is refused, whatever token it has", async () => {
  await withControl(async ({ base, token, calls }) => {
    const headers = { ...JSON_TYPE, authorization: `Bearer ${token}`, origin: "http://evil.test" };
    const [status] = await ask(`${base}/api/pause`, { method: "POST", headers, body: "{}" });
    assertEquals([status, calls], [403, []]);
  });
});

Deno.test("a body that is no JSON object is refused", async () => {
  await withControl(async ({ base, token, calls }) => {
    const headers = { ...JSON_TYPE, authorization: `Bearer ${token}` };
    for (const body of ["", "[]", "null", "7", "{", "\xff"]) {
      const [status] = await ask(`${base}/api/pause`, { method: "POST", headers, body });
      assertEquals(status, 400, body);
    }
    assertEquals(calls, []);
  });
});

Deno.test("a misspelt key of a body is refused, with what may be meant", async () => {
  await withControl(async ({ client, calls }) => {
    const pause = () => client.post("/api/pause", { durration: "10m" });
    await assertRejects(pause, RefusedError, 'Unknown key "durration"; did you mean "duration"?');
    assertEquals(calls, []);
  });
});

Deno.test("a login with the token or a link opens a session, which may not issue links", async () => {
  await withControl(async ({ base, token, client, calls }) => {
    const login = (body: object) =>
      fetch(`${base}/api/login`, {
        method: "POST",
        headers: JSON_TYPE,
        body: JSON.stringify(body),
      });
    for (const body of [{}, { token: "x" }, { code: "x" }, { token: [token] }]) {
      const response = await login(body);
      assertEquals([response.status, response.headers.get("set-cookie")], [401, null]);
      await response.body?.cancel();
    }
    const pasted = await login({ token: ` ${token}\n` });
    assertEquals([pasted.status, await pasted.text()], [200, '{"ok":true}\n']);
    const { url } = await client.post<{ url: string }>("/api/link");
    assertEquals(url.startsWith(`${base}/#`), true);
    const response = await login({ code: url.split("#")[1] });
    await response.body?.cancel();
    const cookie = response.headers.get("set-cookie")!;
    assertMatch(
      cookie,
      /^icinga-warden-\d+=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/; Max-Age=43200$/,
    );
    const again = await login({ code: url.split("#")[1] });
    assertEquals([again.status, (await again.text()).includes("valid")], [401, true]);
    const headers = { ...JSON_TYPE, cookie: cookie.split(";")[0]! };
    assertEquals((await ask(`${base}/api/status`, { headers }))[0], 200);
    const post = (name: string) =>
      ask(`${base}/api/${name}`, { method: "POST", headers, body: "{}" });
    assertEquals((await post("link"))[0], 403);
    assertEquals((await post("resume"))[0], 200);
    assertEquals(calls, [["resume", undefined]]);
    assertEquals((await post("logout"))[0], 200);
    assertEquals((await ask(`${base}/api/status`, { headers }))[0], 401);
  });
});

Deno.test("a stream tells what there is, and then what changes and is logged", async () => {
  await withControl(async ({ home, client, change, log }) => {
    await Deno.mkdir(`${home}/logs`);
    const line = "2026-01-01T00:00:00.000Z [WARNING] disk::run::Main::0: low: a b\n";
    await Deno.writeTextFile(`${home}/logs/icinga-warden.log`, `garbage\n${line}`);
    const stop = new AbortController();
    const query = new URLSearchParams({ topics: "status,state,log", path: "icinga_agent_service" });
    const events = client.events(query, stop.signal);
    const next = async () => (await events.next()).value!;
    const old = { ...{ level: "warning", source: "disk::run::Main::0" }, message: "low: a b" };
    assertEquals(await next(), { name: "log", data: [{ time: 1767225600000, ...old }] });
    const snapshot = await next();
    assertEquals([snapshot.name, Object.keys(snapshot.data as object)], ["snapshot", [
      ...["Daemons.icinga_agent_service.ServiceState", "Daemons.icinga_agent_service.ServiceStats"],
    ]]);
    assertEquals((await next()).name, "status");
    const map = "Daemons.icinga_agent_service.ServiceState";
    change({ map, key: "value", value: "STOPPED" });
    change({ map: "Daemons.other.Map", key: "x", value: 1 });
    change({ map, key: "gone" });
    assertEquals(await next(), {
      ...{ name: "changes", data: [{ map, key: "value", value: "STOPPED" }, { map, key: "gone" }] },
    });
    log({ time: 1, level: "info", source: "agent", message: "new" });
    assertEquals(await next(), {
      ...{ name: "log", data: [{ time: 1, level: "info", source: "agent", message: "new" }] },
    });
    assertEquals((await next()).name, "status");
    stop.abort();
    assertEquals((await events.next()).done, true);
  });
});

Deno.test("a value that JSON does not know harms neither the state nor a stream of it", async () => {
  const circle: Record<string, unknown> = { big: 123n };
  circle.self = circle;
  const maps = { ...agentMaps(), "Daemons.evil.Map": { big: 123n, circle } };
  await withControl(
    async ({ client, change }) => {
      const shown = { big: "123", self: "[Circular]" };
      assertEquals(await client.get("/api/state?path=evil.Map"), {
        ...{ kind: "map", path: "Daemons.evil.Map", entries: { big: "123", circle: shown } },
      });
      const { maps } = await client.get<{ maps: object }>("/api/state");
      assertEquals(Object.keys(maps).includes("Agent.Info"), true);
      const query = new URLSearchParams({ topics: "state", path: "evil" });
      const events = client.events(query, AbortSignal.timeout(60_000));
      const next = async () => (await events.next()).value!.data;
      assertEquals(await next(), { "Daemons.evil.Map": { big: "123", circle: shown } });
      change({ map: "Daemons.evil.Map", key: "circle", value: circle });
      assertEquals(await next(), [{ map: "Daemons.evil.Map", key: "circle", value: shown }]);
      await events.return(undefined);
    },
    {},
    { maps },
  );
});

Deno.test("a stream that fails makes place too, at its beginning and later", async () => {
  let fails = true;
  const watchers = new Set<(change: StateChange) => void>();
  const sources = {
    state: stateOf(agentMaps()),
    watch: (watcher: (change: StateChange) => void) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    ...{ listen: () => () => {}, logFile: "", changes: () => 0 },
    status: () => {
      if (fails) throw new Error("no status");
      return {} as Status;
    },
  };
  const topics = { status: true, state: undefined, log: undefined };
  const hub = new EventHub(sources);
  const start = () => hub.open(topics).getReader();
  await assertRejects(() => start().read(), Error, "no status");
  assertEquals([hub.size, watchers.size], [0, 0]);
  fails = false;
  const later = start();
  assertEquals((await later.read()).done, false);
  fails = true;
  for (const watcher of watchers) watcher({ map: "Map", key: "key" });
  await assertRejects(() => later.read(), Error, "no status");
  assertEquals([hub.size, watchers.size], [0, 0]);
});

/** A hub of events whose changes a test makes. */
function openHub() {
  const watchers = new Set<(change: StateChange) => void>();
  const listeners = new Set<(entry: LogEntry) => void>();
  const hub = new EventHub({
    state: stateOf({}),
    watch: (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    logFile: "",
    changes: () => 0,
    status: () => ({}) as Status,
  });
  return {
    hub,
    record: (source: string, message: string) =>
      listeners.forEach((listener) => listener({ time: 0, level: "info", source, message })),
    change: (key: string, value: unknown) =>
      watchers.forEach((watcher) => watcher({ map: "Daemons.disk.Map", key, value })),
  };
}

const STATE = { status: false, state: "", log: undefined };

/** The first event of changes that a stream tells, among its next ten. */
async function changesOf(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<StateChange[]> {
  for (let event = 0; event < 10; event++) {
    const { value } = await reader.read();
    const [, json] = /^event: changes\ndata: (.*)\n\n$/.exec(new TextDecoder().decode(value)) ?? [];
    if (json !== undefined) return JSON.parse(json);
  }
  throw new Error("none of ten events tells changes");
}

Deno.test("a stream without news tells that the agent is there, before its client gives up", async () => {
  const { hub } = openHub();
  const reader = hub.open({ status: false, state: undefined, log: undefined }).getReader();
  const givenUp = setTimeout(() => reader.cancel(), 15_000);
  const { value } = await reader.read();
  clearTimeout(givenUp);
  assertEquals(new TextDecoder().decode(value), "event: alive\ndata: null\n\n");
  await reader.cancel();
});

Deno.test("a stream whose client does not read breaks off at 1 MB, and lets go of it", async () => {
  const { hub, change } = openHub();
  const slow = hub.open(STATE).getReader();
  const quick = hub.open(STATE).getReader();
  for (let flush = 0; hub.size === 2; flush++) {
    assertEquals(flush < 10, true);
    for (let i = 0; i < 200; i++) change(`key${i}`, "x".repeat(1_000));
    assertEquals((await changesOf(quick)).length, 200);
  }
  await assertRejects(() => slow.read(), Error, "does not keep up");
  await quick.cancel();
  assertEquals(hub.size, 0);
});

Deno.test("streams that want the same are told the same bytes, written once", async () => {
  const { hub, change } = openHub();
  let reads = 0;
  const readers = Array.from({ length: 16 }, () => hub.open(STATE).getReader());
  for (const reader of readers) await reader.read(); // the snapshot
  change("key", Object.defineProperty({}, "x", { enumerable: true, get: () => ++reads }));
  const events = await Promise.all(readers.map((reader) => reader.read()));
  assertEquals(reads, 1);
  assertEquals(new Set(events.map(({ value }) => value)).size, 1);
  for (const reader of readers) await reader.cancel();
});

Deno.test("each stream of the log is told of its own daemon alone", async () => {
  const { hub, record } = openHub();
  const readers = ["disk", "other"].map((daemon) =>
    hub.open({ status: false, state: undefined, log: { lines: 0, daemon } }).getReader()
  );
  for (const reader of readers) await reader.read(); // there are no older records
  record("disk::run::Main::0", "of disk");
  record("other::run::Main::0", "of other");
  record("disk::run::Main::0", "later of disk");
  const told = await Promise.all(readers.map(async (reader) => {
    const text = new TextDecoder().decode((await reader.read()).value);
    return [...text.matchAll(/"message":"(.*?)"/g)].map(([, message]) => message);
  }));
  assertEquals(told, [["of disk", "later of disk"], ["of other"]]);
  for (const reader of readers) await reader.cancel();
});

Deno.test("what is told at once of changes has an end, and each of them its place", async () => {
  const { hub, change } = openHub();
  const reader = hub.open(STATE).getReader();
  let doubled: unknown = 1;
  for (let i = 0; i < 60; i++) doubled = [doubled, doubled];
  change("doubled", doubled);
  for (let i = 0; i < 10; i++) change(`key${i}`, "x".repeat(4_000_000));
  change("last", "value");
  const changes = await changesOf(reader);
  assertEquals(changes.length, 12);
  assertEquals(JSON.stringify(changes).length < 1_000_000, true);
  assertEquals(changes.at(-1), { map: "Daemons.disk.Map", key: "last", value: "value" });
  await reader.cancel();
});

Deno.test("a stream that begins is not told what was gathered before it", async () => {
  const { hub, change } = openHub();
  const first = hub.open(STATE).getReader();
  change("early", 1);
  const second = hub.open(STATE).getReader();
  change("late", 2);
  assertEquals((await changesOf(first)).map(({ key }) => key), ["early"]);
  assertEquals((await changesOf(second)).map(({ key }) => key), ["late"]);
  await first.cancel();
  await second.cancel();
});

Deno.test("a stream is told each change once, in their order, after another stream has ended", async () => {
  const { hub, change } = openHub();
  const stays = hub.open(STATE).getReader();
  const ends = hub.open(STATE).getReader();
  await ends.cancel();
  change("first", 1);
  change("second", 2);
  const givenUp = setTimeout(() => stays.cancel(), 60_000);
  assertEquals((await changesOf(stays)).map(({ key }) => key), ["first", "second"]);
  clearTimeout(givenUp);
  await stays.cancel();
});

Deno.test("what nobody waits for any more is not done", async () => {
  await withControl(async ({ base, token, calls }) => {
    const post = (deadline: number) =>
      ask(`${base}/api/resume`, {
        ...{ method: "POST", body: "{}" },
        headers: {
          ...{ ...JSON_TYPE, authorization: `Bearer ${token}` },
          "x-deadline": String(deadline),
        },
      });
    const [status, text] = await post(Date.now() - 1);
    assertEquals([status, text.includes("too late")], [408, true]);
    assertEquals(calls, []);
    assertEquals((await post(Date.now() + 60_000))[0], 200);
    assertEquals(calls, [["resume", undefined]]);
  });
});

Deno.test("another program that has the port now is not taken for the agent", async () => {
  const home = await Deno.makeTempDir();
  const answers = [
    () => new Response("hello"),
    () => new Response("", { status: 500 }),
    () => Response.json({ error: 7 }, { status: 404 }),
    () => Response.json({}),
    () => new Response("", { status: 302, headers: { location: "/elsewhere" } }),
  ];
  for (const answer of answers) {
    await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, answer);
    await Deno.writeTextFile(tokenFile(home), `${server.addr.port}-1-${"A".repeat(43)}`);
    const client = await Client.connect(home);
    const message = "what answers there is another program";
    await assertRejects(() => client.get("/api/status"), NotRunningError, message);
    const events = client.events(new URLSearchParams(), AbortSignal.timeout(60_000));
    await assertRejects(() => events.next(), NotRunningError, message);
  }
  await Deno.remove(home, { recursive: true });
});

Deno.test("the past begins with what there is, and goes on with what changes", async () => {
  await withControl(async ({ client, change }) => {
    const map = "Daemons.icinga_agent_service.ServiceState";
    change({ map, key: "value", value: "STOPPED" });
    const { services, threads } = await client.get<Past>("/api/history");
    assertEquals(services[map]!.map(({ value }) => value), ["RUNNING", "STOPPED"]);
    assertEquals(threads["icinga_agent_service::run::Main::0"]![0]!.heap, 4_000_000);
  });
});

Deno.test("the log's tail is told by level and daemon", async () => {
  await withControl(async ({ home, client }) => {
    await Deno.mkdir(`${home}/logs`);
    const lines = [
      "[INFO] agent: a",
      "[ERROR] disk::run::Main::0: b",
      "[INFO] disk::run::Main::0: c",
    ];
    const text = lines.map((line) => `2026-01-01T00:00:00.000Z ${line}\n`).join("");
    await Deno.writeTextFile(`${home}/logs/icinga-warden.log`, text);
    const tail = async (query: string) =>
      (await client.get<LogEntry[]>(`/api/logs?${query}`)).map(({ message }) => message).join("");
    assertEquals(await tail(""), "abc");
    assertEquals(await tail("lines=1"), "c");
    assertEquals(await tail("lines=0"), "");
    assertEquals(await tail("daemon=disk"), "bc");
    assertEquals(await tail("level=warning"), "b");
    for (const query of ["lines=-1", "lines=x", "lines=1001", "level=loud"]) {
      await assertRejects(() => tail(query), RefusedError);
    }
    await Deno.writeTextFile(`${home}/logs/icinga-warden.log`, text.repeat(400));
    assertEquals((await tail("")).length, 50);
    assertEquals((await tail("lines=1000")).length, 1_000);
  });
});

Deno.test("there are only so many streams at a time, and one that ends makes place", async () => {
  await withControl(async ({ client }) => {
    const query = new URLSearchParams({ topics: "status" });
    const stops = Array.from({ length: 16 }, () => new AbortController());
    const streams = stops.map(({ signal }) => client.events(query, signal));
    await Promise.all(streams.map((stream) => stream.next()));
    const one = () => client.events(query, AbortSignal.timeout(60_000));
    assertEquals((await assertRejects(() => one().next(), RefusedError)).status, 503);
    for (const { abort } of stops.map((stop) => ({ abort: () => stop.abort() }))) abort();
    for (const stream of streams) await stream.next();
    const end = Date.now() + 60_000;
    for (let served = false; !served;) {
      assertEquals(Date.now() < end, true);
      const stream = one();
      served = await stream.next().then(() => true, () => false);
      await stream.return(undefined);
    }
  });
});

Deno.test("a port that is taken is reported, and tried again until it is free", async () => {
  const other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const metrics = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const at = ({ addr }: Deno.Listener) => addr as Deno.NetAddr;
  const taken = (listener: Deno.Listener, key: string) =>
    new RegExp(`127.0.0.1:${at(listener).port}: another program has it; .*${key}`);
  const clock = new ManualClock();
  await withControl(
    async ({ troubles, home }) => {
      assertMatch(troubles.get("commands")!, taken(other, "control.listen"));
      assertMatch(troubles.get("metrics")!, taken(metrics, "control.metrics"));
      await assertRejects(() => Client.connect(home), NotRunningError);
      other.close();
      metrics.close();
      await until("both are served", async () => {
        await clock.advance(1_000);
        return ![...troubles.values()].some(Boolean);
      });
      const status = await (await Client.connect(home)).get<Status>("/api/status");
      assertEquals(status.health, "ok");
      assertEquals((await ask(`http://127.0.0.1:${at(metrics).port}/metrics`))[0], 200);
    },
    { listen: at(other), metrics: { listen: at(metrics), every: 60_000 } },
    { clock },
  );
});

Deno.test("where the token cannot be kept private nothing is served", async () => {
  const protect = () => Promise.reject(new Error("no such right"));
  await withControl(
    ({ troubles, home }) => {
      assertMatch(troubles.get("commands")!, /Cannot write .*monitor\.token: no such right$/);
      assertEquals([...Deno.readDirSync(home)], []);
      return Promise.resolve();
    },
    {},
    { protect },
  );
});

Deno.test("a port is free again where the token cannot be kept private, and is tried again", async () => {
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const listen = free.addr as Deno.NetAddr;
  free.close();
  const clock = new ManualClock();
  let fails = true;
  const protect = () => fails ? Promise.reject(new Error("no such right")) : Promise.resolve();
  await withControl(
    async ({ troubles, home }) => {
      fails = false;
      await until("it is served", async () => {
        await clock.advance(1_000);
        return troubles.get("commands") === undefined;
      });
      assertEquals((await readToken(home))?.port, listen.port);
    },
    { listen },
    { protect, clock },
  );
});

Deno.test("a token that somebody removes or damages is written again", async () => {
  const clock = new ManualClock();
  const kinds = ["control", "monitor"] as const;
  await withControl(
    async ({ home, token }) => {
      const monitor = (await readToken(home, "monitor"))!.text;
      await Deno.remove(tokenFile(home, "control"));
      await Deno.writeTextFile(tokenFile(home, "monitor"), "damaged");
      await clock.advance(5_000);
      const texts = () =>
        kinds.map((kind) => Deno.readTextFileSync(tokenFile(home, kind)).trim()).join();
      await until("both are there", () => {
        try {
          return texts() === `${token},${monitor}`;
        } catch {
          return false;
        }
      });
    },
    {},
    { clock },
  );
});

Deno.test("where no commands are served the tokens of an earlier run are removed", async () => {
  const home = await Deno.makeTempDir();
  await Deno.writeTextFile(tokenFile(home), newToken(1, 2).text);
  await withControl(
    async () => assertEquals(await readToken(home), undefined),
    { listen: undefined },
    { home },
  );
});

Deno.test("an agent that is frozen is said to be, of whatever is asked", async () => {
  const home = await Deno.makeTempDir();
  // The system takes connections for a program that never does.
  using frozen = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = frozen.addr as Deno.NetAddr;
  await Deno.writeTextFile(tokenFile(home), `${port}-1-${"A".repeat(43)}`);
  const client = await Client.connect(home, "control", { get: 50, post: 100, silence: 80 });
  const message = "The agent did not answer within";
  await assertRejects(() => client.get("/api/status"), Error, `${message} 0.05 s`);
  await assertRejects(() => client.post("/api/pause"), Error, `${message} 0.1 s`);
  await assertRejects(() => client.get("/api/status", 30), Error, `${message} 0.03 s`);
  const events = client.events(new URLSearchParams(), new AbortController().signal);
  await assertRejects(() => events.next(), Error, "has not been heard of for 0.08 s");
  await Deno.remove(home, { recursive: true });
});

Deno.test({
  name: "each event of a stream starts the wait for the next one anew, and no timer is left",
  sanitizeOps: true,
  async fn() {
    const home = await Deno.makeTempDir();
    const body = ["first", "alive", "last"].map((name) => `event: ${name}\ndata: 1\n\n`).join("");
    // A piece of the network may begin and end within an event.
    const pieces = [body.slice(0, 30), body.slice(30)].map((text) => encoder.encode(text));
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response(ReadableStream.from(pieces), { headers: { server: "icinga-warden" } }),
    );
    await Deno.writeTextFile(tokenFile(home), `${server.addr.port}-1-${"A".repeat(43)}`);
    const client = await Client.connect(home);
    const events = client.events(new URLSearchParams(), new AbortController().signal);
    const names = (await Array.fromAsync(events)).map(({ name }) => name);
    assertEquals(names, ["first", "last"]);
    await server.shutdown();
    await Deno.remove(home, { recursive: true });
  },
});

Deno.test("where no agent runs it is said where it was looked for", async () => {
  const home = await Deno.makeTempDir();
  const absent = await assertRejects(() => Client.connect(home), NotRunningError);
  assertStringIncludes(absent.message, tokenFile(home));
  await withControl(async ({ token, base }) => {
    await Deno.writeTextFile(
      tokenFile(home),
      token.slice(0, -1) + (token.endsWith("A") ? "B" : "A"),
    );
    const client = await Client.connect(home);
    const foreign = await assertRejects(() => client.get("/api/status"), NotRunningError);
    assertStringIncludes(foreign.message, base);
  });
  const client = await Client.connect(home);
  const stale = await assertRejects(() => client.get("/api/status"), NotRunningError);
  assertMatch(
    stale.message,
    /control\.token names http:\/\/127\.0\.0\.1:\d+ and process \d+, and nothing answers/,
  );
  await Deno.remove(home, { recursive: true });
});

Deno.test("metrics on an address of their own are for who has the password, and are all there is", async () => {
  const files = await Deno.makeTempDir();
  await Deno.writeTextFile(`${files}/password`, "s3cret\r\nnot this\r\n");
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const listen = free.addr as Deno.NetAddr;
  free.close();
  const password = { user: "prometheus", passwordFile: `${files}/password` };
  const metrics = { listen, ...password, every: 60_000 };
  await withControl(async ({ token }) => {
    const base = `http://127.0.0.1:${listen.port}`;
    const basic = (text: string) => ({ headers: { authorization: `Basic ${btoa(text)}` } });
    const [status, text] = await ask(`${base}/metrics`, basic("prometheus:s3cret"));
    assertEquals(status, 200);
    assertStringIncludes(text, "icinga_warden_build_info{");
    for (const wrong of ["prometheus:", "prometheus:not this", ":s3cret", "other:s3cret"]) {
      assertEquals((await ask(`${base}/metrics`, basic(wrong)))[0], 401, wrong);
    }
    const bearer = { headers: { authorization: `Bearer ${token}` } };
    assertEquals((await ask(`${base}/metrics`, bearer))[0], 401);
    assertEquals((await ask(`${base}/api/status`, basic("prometheus:s3cret")))[0], 404);
    const post = { method: "POST", ...basic("prometheus:s3cret") };
    assertEquals((await ask(`${base}/metrics`, post))[0], 405);
    const head = { ...basic("prometheus:s3cret"), method: "HEAD" };
    assertEquals(await ask(`${base}/metrics`, head), [200, ""]);
  }, { metrics });
  await withControl(({ troubles }) => {
    assertMatch(
      troubles.get("metrics")!,
      /passwordFile: cannot read .*nothing: it does not exist$/,
    );
    return Promise.resolve();
  }, { metrics: { ...metrics, passwordFile: `${files}/nothing` } });
  await Deno.writeTextFile(`${files}/empty`, "\ns3cret\n");
  await withControl(({ troubles }) => {
    assertMatch(troubles.get("metrics")!, /passwordFile: the first line of .*empty is empty$/);
    return Promise.resolve();
  }, { metrics: { ...metrics, passwordFile: `${files}/empty` } });
  await Deno.remove(files, { recursive: true });
});

Deno.test({
  name: "metrics are served by TLS where there is a certificate, and who can read them is told",
  ignore: !hasOpenssl,
  async fn() {
    const { cert, key, ...host } = await startTlsHost();
    await host.close();
    const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = free.addr as Deno.NetAddr;
    free.close();
    const listen = { hostname: "0.0.0.0", port };
    await withControl(async ({ logged }) => {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
        socket.write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
      });
      socket.once("data", (bytes) => resolve(String(bytes))).once("error", reject);
      assertMatch(await promise, /^HTTP\/1\.1 200 OK/);
      socket.destroy();
      assertEquals(logged.map(({ message }) => message).filter((text) => /metrics/i.test(text)), [
        `Metrics are served on https://0.0.0.0:${port}/metrics`,
        describeDanger({ listen })!,
      ]);
    }, { metrics: { listen, certFile: cert, keyFile: key, every: 60_000 } });
    await host.remove();
  },
});

Deno.test("metrics that others can read or overhear are warned of", () => {
  const address = (hostname: string) => ({ hostname, port: 9664 });
  const all = { user: "u", passwordFile: "p" };
  const tls = { certFile: "c", keyFile: "k" };
  const cases: [config: Parameters<typeof describeDanger>[0], said: RegExp | undefined][] = [
    [{ listen: address("127.0.0.1") }, undefined],
    [{ listen: address("::1") }, undefined],
    [{ listen: address("0.0.0.0") }, /^Metrics on 0\.0\.0\.0:9664 are for everybody/],
    [{ listen: address("::"), ...tls }, /for everybody/],
    [{ listen: address("10.0.0.1"), ...all }, /not encrypted/],
    [{ listen: address("0.0.0.0"), ...all, ...tls }, undefined],
  ];
  for (const [config, said] of cases) {
    const danger = describeDanger(config);
    if (said) assertMatch(danger ?? "", said);
    else assertEquals(danger, undefined);
  }
});

Deno.test("a taken port of the metrics is said in the same words as one of commands", async () => {
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const listen = other.addr as Deno.NetAddr;
  await withControl(({ troubles }) => {
    assertMatch(
      troubles.get("metrics")!,
      /^Cannot serve metrics on 127\.0\.0\.1:\d+: another program has it; /,
    );
    return Promise.resolve();
  }, { metrics: { listen, every: 60_000 } });
  await withControl(({ troubles }) => {
    assertMatch(
      troubles.get("metrics")!,
      /^Cannot serve metrics on 192\.0\.2\.1:9664: this host has no such address; /,
    );
    return Promise.resolve();
  }, { metrics: { listen: { hostname: "192.0.2.1", port: 9664 }, every: 60_000 } });
});

Deno.test("a token's file that holds something else is not said to be missing", async () => {
  const home = await Deno.makeTempDir();
  const missing = await assertRejects(() => Client.connect(home), NotRunningError);
  assertMatch(missing.message, /: there is no .*control\.token$/);
  await Deno.writeTextFile(tokenFile(home), "garbage\n");
  const garbage = await assertRejects(() => Client.connect(home), NotRunningError);
  assertMatch(garbage.message, /: [^:]*control\.token holds no token of an agent$/);
  await Deno.remove(home, { recursive: true });
});
