import { assertEquals, assertMatch } from "@std/assert";
import { eventReader, parseEvents } from "../../lib/icinga/event_log.ts";
import { parseLog } from "../../lib/icinga/log.ts";
import { readLog } from "../../lib/icinga/mod.ts";
import { eventXml } from "./events.ts";
import { fixture } from "./fixture.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** UTF-16, little-endian. */
const wide = (text: string, mark = "") =>
  new Uint8Array(
    [...`${mark}${text}`].flatMap((c) => {
      const code = c.charCodeAt(0);
      return [code & 0xff, code >> 8];
    }),
  );

const AT = Date.UTC(2026, 10, 28, 9, 0, 1);
const one = eventXml(
  AT,
  "critical/ApiListener: Zertifikat für 'agent' <a&b> ungültig\nContext:\n\t(0) x",
);
const READ =
  "[2026-11-28 09:00:01 +0000] critical/ApiListener: Zertifikat für 'agent' <a&b> ungültig\n";
const OTHER = "[2026-11-28 09:00:02 +0000] warning/x: y\n";
const other = eventXml(AT + 1_000, "warning/x: y");

Deno.test("what wevtutil.exe prints becomes lines of Icinga's log; what is cut or damaged is left out", () => {
  const cases: [name: string, output: Uint8Array, expected: string][] = [
    ["nothing", bytes(""), ""],
    ["one, UTF-16", wide(one), READ],
    ["one, UTF-16 with a mark", wide(one, "\ufeff"), READ],
    ["one, UTF-8", bytes(one), READ],
    ["the newest first, CRLF between", wide(`${other}\r\n${one}\r\n`), READ + OTHER],
    ["nothing between", wide(other + one), READ + OTHER],
    ["a root", wide(`<Events>${one}</Events>`), READ],
    ["cut within the oldest", wide(other + one).slice(0, -20), OTHER],
    ["cut within a character", wide(other + one).slice(0, -21), OTHER],
    ["the end of one is missing", wide(other.replace("</Event>", "") + one), READ],
    ["the time is missing", wide(other.replace(/SystemTime='.*?'/, "") + one), READ],
    ["a time in words", wide(other.replace(/SystemTime='.*?'/, "SystemTime='now'") + one), READ],
    ["no text", wide(other.replace(/<Data>.*?<\/Data>/, "<Data/>") + one), READ],
    ["no strings", wide(other.replace(/<EventData>.*<\/EventData>/, "") + one), READ],
    ["several strings", wide(one.replace("</Data>", "</Data><Data>2</Data>")), READ],
    ["another source", wide(other.replace("'Icinga 2'", "'Icinga 2x'") + one), READ],
    ["double quotes", wide(other.replaceAll(/='([^']*)'/g, '="$1"')), OTHER],
    ["a short time", wide(one.replace(".0001234Z", "Z")), READ],
    ["an error message", bytes("Zugriff verweigert\r\n"), ""],
    ["no XML", wide("<Event <Data>critical/x: y</Data></Event>"), ""],
  ];
  for (const [name, output, expected] of cases) {
    assertEquals(parseEvents(output), expected, name);
  }
});

Deno.test("entities of XML are replaced, once, and what is none stays", () => {
  const cases: [written: string, meant: string][] = [
    ["&lt;&gt;&amp;&quot;&apos;", `<>&"'`],
    ["&amp;lt;", "&lt;"],
    ["&#252;&#xFC;&#x1F600;", "üü😀"],
    ["&uuml; &constructor; &#x110000; &#; & ;", "&uuml; &constructor; &#x110000; &#; & ;"],
    ["one&#10;two", "one"],
  ];
  for (const [written, meant] of cases) {
    const output = bytes(other.replace("warning/x: y", `critical/x: ${written}`));
    assertEquals(parseLog(parseEvents(output)).map(({ text }) => text), [`x: ${meant}`], written);
  }
});

Deno.test("the records of a span are asked for; a program that fails, is late or missing has none", async () => {
  const asked: string[][] = [];
  const read = eventReader((args) => {
    asked.push(args);
    return Promise.resolve({ code: 0, stdout: wide(one) });
  });
  assertEquals(await read(Date.now() - 120_000), READ);
  const [verb, log, query, ...options] = asked[0]!;
  assertEquals([verb, log], ["qe", "Application"]);
  assertMatch(
    query!,
    /^\/q:\*\[System\[Provider\[@Name='Icinga 2'\] and TimeCreated\[timediff\(@SystemTime\) <= 12\d{4}\]\]\]$/,
  );
  assertEquals(options, ["/c:200", "/rd:true", "/f:xml", "/uni:true"]);
  await read(Date.now() + 60_000);
  assertMatch(asked[1]![2]!, /<= 0\]/);
  const failing: Parameters<typeof eventReader>[0][] = [
    () => Promise.resolve({ code: 5, stdout: wide(one) }),
    () => Promise.resolve(undefined),
    () => Promise.reject(new Deno.errors.NotFound("no such program")),
  ];
  for (const run of failing) assertEquals(await eventReader(run)(0), "");
});

Deno.test("the event log is read where the file has no line since the time, and only there", async () => {
  await using made = await fixture();
  let reads = 0;
  let known = READ;
  const events = () => {
    reads++;
    return Promise.resolve(known);
  };
  const look = async () => {
    const { lines, place } = await readLog(made.folder, AT, events);
    return [lines.map(({ text }) => text.slice(0, 8)), /event log/.test(place), reads];
  };
  const event = [["ApiListe"], true];
  assertEquals(await look(), [...event, 1], "no file");
  const old = "[2026-11-28 09:00:00 +0000] information/old: line\n";
  await made.write("var/log/icinga2/icinga2.log", old);
  assertEquals(await look(), [...event, 2], "a file of before");
  known = "";
  assertEquals(await look(), [["old: lin"], false, 3], "nothing there either");
  await made.write(
    "var/log/icinga2/icinga2.log",
    `${old}[2026-11-28 09:00:01 +0000] information/new: line\n`,
  );
  assertEquals(await look(), [["old: lin", "new: lin"], false, 3], "a file that is written");
});
