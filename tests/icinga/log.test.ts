import { assertEquals } from "@std/assert";
import { isSince, parseLog } from "../../lib/icinga/log.ts";
import {
  criticalLines,
  readCrashes,
  readLog,
  refusalIn,
  stateAttempt,
} from "../../lib/icinga/mod.ts";
import { fixture } from "./fixture.ts";

const LOG = `continues a line that was cut
[2026-11-28 10:00:00 +0100] information/ApiListener: Möchte weiter
[2026-11-28 10:00:01 +0100] critical/config: Error: syntax error
Location: in C:\\etc\\x.conf: 1:1
[2026-11-28 10:00:02 +0100] critical/ApiListener: Client TLS handshake failed (from [127.0.0.1]:41080): tlsv1 alert
[2026-11-28 10:00:02 +0100] critical/ApiListener: Client TLS handshake failed (from [::ffff:127.0.0.1]:41081): tlsv1 alert
[2026-11-28 10:00:02 +0100] critical/ApiListener: Client TLS handshake failed (from [::1]:41082): tlsv1 alert
[2026-11-28 10:00:03 +0100] critical/ApiListener: Client TLS handshake failed (to [127.0.0.1]:5665): canceled
[2026-11-28 10:00:04 +0100] warning/ApiListener: Certificate validation failed for endpoint 'master': code 19
`;

Deno.test("the log's lines are read in UTF-8, with CRLF, and without those of own connections", async () => {
  await using made = await fixture();
  assertEquals((await readLog(made.folder, 0)).lines, []);
  for (const text of [LOG, `\ufeff${LOG.replaceAll("\n", "\r\n")}`]) {
    await made.write("var/log/icinga2/icinga2.log", text);
    const lines = (await readLog(made.folder, 0)).lines;
    assertEquals(lines.length, 7);
    assertEquals(lines[0], {
      at: Date.UTC(2026, 10, 28, 9),
      severity: "information",
      text: "ApiListener: Möchte weiter",
    });
    assertEquals(criticalLines(lines).map(({ text }) => text), [
      "config: Error: syntax error",
      "ApiListener: Client TLS handshake failed (to [127.0.0.1]:5665): canceled",
    ]);
    const [first, last] = criticalLines(lines);
    assertEquals(criticalLines([...lines, ...lines]), [last, first, last], "the last three");
    assertEquals(refusalIn(lines, Date.UTC(2026, 10, 28, 9, 0, 4))?.line, lines.at(-1)!.text);
    assertEquals(refusalIn(lines, Date.UTC(2026, 10, 28, 9, 0, 5)), undefined);
  }
});

Deno.test("a connection from any address of this host is its own, as where Icinga listens on one", () => {
  const line = (address: string) => ({
    at: 1_000,
    severity: "critical",
    text: `ApiListener: Certificate validation failed (from [${address}]:41080): code 19`,
  });
  const own = new Set(["10.0.0.5", "2001:db8::5"]);
  const cases: [address: string, isOwn: boolean][] = [
    ["10.0.0.5", true],
    ["::ffff:10.0.0.5", true],
    ["2001:db8::5", true],
    ["127.0.0.1", true],
    ["127.0.0.2", false],
    ["10.0.0.50", false],
    ["2001:db8::55", false],
  ];
  for (const [address, isOwn] of cases) {
    const lines = [line(address)];
    const kept = [criticalLines(lines, 3, own).length, refusalIn(lines, 0, own) ? 1 : 0];
    assertEquals(kept, isOwn ? [0, 0] : [1, 1], address);
  }
});

Deno.test("a line whose zone is in words has the time of this host, and its text at most 300 characters", () => {
  const said = `x: ${"y".repeat(400)}`;
  const [line, ...others] = parseLog(
    `[2026-11-28 10:00:00 W. Europe Standard Time] warning/${said}`,
  );
  assertEquals(line!.at, new Date(2026, 10, 28, 10).getTime());
  assertEquals([line!.text.length, others], [300, []]);
});

Deno.test("what is up to a minute ahead of the clock is not of the future", () => {
  const cases: [at: number, is: boolean][] = [
    [999, false],
    [1_000, true],
    [62_000, true],
    [62_001, false],
  ];
  for (const [at, is] of cases) assertEquals(isSince(at, 1_000, 2_000), is, `${at}`);
});

Deno.test("what is of the future was before the clock was set back, and is no news", async () => {
  await using made = await fixture();
  const hour = 3_600_000, now = Date.now();
  await made.write("var/log/icinga2/crash/report.1", "Caught SIGSEGV.", -hour);
  assertEquals(await readCrashes(made.folder, now - 60_000), []);
  const said = (at: number) =>
    refusalIn([{ at, severity: "warning", text: "Certificate validation failed" }], now - 60_000);
  assertEquals([said(now + hour), said(now - hour)], [undefined, undefined]);
  assertEquals(said(now)?.line, "Certificate validation failed");
});

Deno.test("a crash report shows its first line that is not empty, or that it has none", async () => {
  await using made = await fixture();
  const now = Date.now();
  await made.write("var/log/icinga2/crash/report.1", "\n \nCaught SIGSEGV\nmore");
  await made.write("var/log/icinga2/crash/report.2", "");
  const found = await readCrashes(made.folder, now - 60_000);
  assertEquals(found.map(({ line }) => line).sort(), ["Caught SIGSEGV", "the file is empty"]);
});

Deno.test("Icinga tries to write its state while its last attempt is not older than 10 min", () => {
  const dump = "ConfigObject: Dumping program state to file 'icinga2.state'";
  const table: [lines: [minutes: number, severity: string, text: string][], told?: string][] = [
    [[]],
    [[[1, "critical", "ThreadPool: bad"]]],
    [[[1, "information", dump]], dump],
    [[[10, "information", dump]], dump],
    [[[10.1, "information", dump]]],
    [[[-2, "information", dump]]], // before the clock was set back
    [[[9, "information", dump], [8, "critical", "ThreadPool: bad"]], "ThreadPool: bad"],
    [
      [
        [20, "information", dump],
        [14, "critical", "ThreadPool: old"],
        [5, "information", dump],
        [4, "warning", "x: y"],
      ],
      dump,
    ],
    [[[20, "information", dump], [1, "critical", "ThreadPool: bad"]]],
  ];
  for (const [lines, told] of table) {
    const read = lines.map(([ago, severity, text]) => ({ at: -ago * 60_000, severity, text }));
    assertEquals(stateAttempt(read, 0), told, JSON.stringify(lines));
  }
});

Deno.test("only the last 64 KB of a large log are read", async () => {
  await using made = await fixture();
  const line = "[2026-11-28 10:00:00 +0100] information/x: ".padEnd(99, "x") + "\n";
  await made.write("var/log/icinga2/icinga2.log", line.repeat(2_000) + line.replace("x:", "last:"));
  const lines = (await readLog(made.folder, 0)).lines;
  assertEquals([lines.length, lines.at(-1)!.text.slice(0, 4)], [655, "last"]);
});

Deno.test("crash reports come with their first line, the newest first, and old ones are left out", async () => {
  await using made = await fixture();
  const now = Date.now();
  assertEquals(await readCrashes(made.folder, 0), []);
  await made.write("var/log/icinga2/crash/report.1", "Caught SIGSEGV.\r\nmore", 1_000);
  await made.write("var/log/icinga2/crash/report.2", " \n\tUnhandled exception\n", 500);
  await made.write("var/log/icinga2/crash/report.3", "old", 90_000);
  await made.write("var/log/icinga2/crash/other.txt", "other");
  const found = await readCrashes(made.folder, now - 60_000);
  assertEquals(found.map(({ line }) => line), ["Unhandled exception", "Caught SIGSEGV."]);
  for (let i = 10; i < 22; i++) {
    await made.write(`var/log/icinga2/crash/report.${i}`, "x".repeat(400));
  }
  const many = await readCrashes(made.folder, now - 60_000);
  assertEquals(many.map(({ line }) => line.length), Array(10).fill(300));
});

Deno.test("Icinga's own words for a refused connection are told by their meaning, the newest first", () => {
  const at = Date.UTC(2026, 10, 28);
  const found = (...texts: string[]) =>
    refusalIn(texts.map((text) => ({ at, severity: "warning", text })), at);
  const cases: [text: string, meaning: RegExp | undefined][] = [
    [
      "ApiListener: Certificate validation failed for endpoint 'master': code 19: self-signed",
      /not signed/,
    ],
    [
      "ApiListener: Certificate validation failed for endpoint 'm': code 10: certificate has expired",
      /expired/,
    ],
    [
      "ApiListener: New client connection for identity 'm' from [10.0.0.1]:1 (certificate validation failed: code 18)",
      /not signed/,
    ],
    [
      "ApiListener: New client connection for identity 'm' from [10.0.0.1]:1 (no Endpoint object found for identity)",
      /no endpoint here/,
    ],
    [
      "ApiListener: New client connection for identity 'm' from [127.0.0.1]:1 (no Endpoint object found for identity)",
      undefined,
    ],
    [
      "ApiListener: Unexpected certificate common name while connecting to endpoint 'm': got 'n'",
      /another name/,
    ],
    [
      "ClusterEvents: Discarding 'execute command' message from 'm': Invalid endpoint origin (client not allowed).",
      /parent zone/,
    ],
    ["ApiListener: Ignoring anonymous JSON-RPC connection from [10.0.0.1]:1.", /no endpoint here/],
    ["JsonRpcConnection: 'event::CheckResult' from 'm': Unauthorized access.", /parent zone/],
    ["ApiListener: Closing anonymous connection [10.0.0.1]:1 after 10 seconds.", undefined],
    ["ApiListener: Finished syncing endpoint 'm' in zone 'm'.", undefined],
  ];
  for (const [text, meaning] of cases) {
    const said = found(text)?.meaning;
    assertEquals(meaning ? meaning.test(said ?? "") : said === undefined, true, `${text}: ${said}`);
  }
  assertEquals(found(cases[0]![0], cases[1]![0]), {
    line: cases[1]![0],
    meaning: "the certificate of the other side has expired",
    advice: "renew it there",
  });
});
