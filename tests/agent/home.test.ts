import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import {
  claimHome,
  describeBadEnd,
  HomeInUseError,
  parseRecord,
  readUnserved,
} from "../../lib/agent/home.ts";

async function inHome(test: (home: string) => void | Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir({ prefix: "home ä " });
  try {
    await test(home);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

const nothing = () => {};

Deno.test("a home is claimed by one at a time, and the second hears by whom", async () => {
  await inHome((home) => {
    const first = claimHome(home, nothing);
    assertEquals([first.lastEnd, first.badEnd], [undefined, undefined]);
    const error = assertThrows(() => claimHome(home, nothing), HomeInUseError);
    assertMatch(
      error.message,
      new RegExp(`in use by process ${Deno.pid}, started 20\\S+Z; stop that one`),
    );
    Deno.removeSync(`${home}/icinga-warden.run.json`);
    assertThrows(() => claimHome(home, nothing), HomeInUseError, "is in use by another process;");
    first.release();
    const next = claimHome(home, nothing);
    assertEquals([next.lastEnd, next.badEnd], ["clean", undefined]);
    next.release("it broke");
    const last = claimHome(home, nothing);
    assertEquals(last.lastEnd, "unclean");
    assertMatch(last.badEnd!, /The last run \(process \d+, .*\) did not stop cleanly: it broke/);
    last.release();
  });
});

Deno.test("a run that left half a record, or none of its end, did not stop cleanly", () => {
  assertEquals(parseRecord('{ "pid": 1, "sta'), undefined);
  for (const text of ["null", '{"pid":1}', '{"started":"then"}', '{"pid":1.5,"started":"then"}']) {
    assertEquals(parseRecord(text), undefined, text);
  }
  assertMatch(describeBadEnd(undefined)!, /its record cannot be read/);
  const record = parseRecord('{ "pid": 1, "started": "then" }')!;
  assertMatch(
    describeBadEnd(record)!,
    /process 1, started then\) did not stop cleanly: it was killed/,
  );
  assertEquals(describeBadEnd({ ...record, ended: "later" }), undefined);
  const failed = { ...record, stopping: "soon", reason: "it broke" };
  for (const more of [{}, { ended: "later" }]) {
    assertMatch(describeBadEnd({ ...failed, ...more })!, /did not stop cleanly: it broke$/);
  }
  const whole = { ...failed, ended: "later", unserved: { since: "then", text: "no port" } };
  assertEquals(parseRecord(JSON.stringify(whole)), whole);
  const odd = { ...record, stopping: 1, ended: 1, reason: 1, unserved: { text: 1 } };
  assertEquals(parseRecord(JSON.stringify(odd)), record);
});

Deno.test("a run that is ended while it stops says so to the next one", async () => {
  await inHome((home) => {
    const first = claimHome(home, nothing);
    first.stopping();
    // What a process leaves that is ended now, and what becomes of its lock.
    const left = Deno.readTextFileSync(`${home}/icinga-warden.run.json`);
    first.release();
    Deno.writeTextFileSync(`${home}/icinga-warden.run.json`, left);
    const next = claimHome(home, nothing);
    assertEquals([next.lastEnd, next.wasCutShort, first.wasCutShort], ["unclean", true, false]);
    assertMatch(next.badEnd!, /did not stop cleanly: its stop, asked for at 20.*Z, was cut short/);
    next.stopping();
    next.release();
    const last = claimHome(home, nothing);
    assertEquals([last.lastEnd, last.wasCutShort, last.badEnd], ["clean", false, undefined]);
    last.release();
  });
});

Deno.test("since when no commands are served is known, whatever the reason has become", async () => {
  await inHome(async (home) => {
    const claim = claimHome(home, nothing);
    claim.unserved("the port is taken");
    const since = /since (\S+):/.exec(readUnserved(home)!)![1];
    await new Promise((resolve) => setTimeout(resolve, 5));
    claim.unserved("no rights");
    assertEquals(readUnserved(home), `Process ${Deno.pid} has tried since ${since}: no rights`);
    claim.unserved(undefined);
    assertEquals(readUnserved(home), undefined);
    claim.release();
  });
});

Deno.test("where nothing can be written the run goes on, and it is said once", async () => {
  await inHome(async (home) => {
    const file = `${home}/file`;
    await Deno.writeTextFile(file, "");
    const troubles: unknown[] = [];
    claimHome(`${file}/home`, (...trouble) => void troubles.push(trouble)).release();
    assertMatch(
      troubles.join(),
      /^lock,Cannot lock .*icinga-warden\.lock: .*; a second agent would not be noticed$/,
    );
  });
});

Deno.test("a record that could not be written, or was removed, is written as soon as that is possible", async () => {
  await inHome(async (home) => {
    const record = `${home}/icinga-warden.run.json`;
    const isThere = () => parseRecord(Deno.readTextFileSync(record))?.pid === Deno.pid;
    await Deno.mkdir(`${record}/in the way`, { recursive: true });
    const troubles = new Map<string, string | undefined>();
    const claim = claimHome(home, (kind, text) => void troubles.set(kind, text));
    assertEquals(claim.retry(), false);
    assertMatch(troubles.get("record")!, /icinga-warden\.run\.json/);
    await Deno.remove(record, { recursive: true });
    assertEquals([claim.retry(), isThere()], [true, true]);
    assertEquals(troubles, new Map([["record", undefined]]));
    // Somebody has emptied the folder.
    await Deno.remove(`${home}/icinga-warden.lock`);
    await Deno.remove(record);
    assertEquals([claim.retry(), isThere()], [true, true]);
    claim.release();
  });
});

Deno.test("a home that could not be locked is locked as soon as that is possible", async () => {
  await inHome(async (folder) => {
    const home = `${folder}/home`;
    await Deno.writeTextFile(home, "in the way");
    const troubles = new Map<string, string | undefined>();
    const claim = claimHome(home, (kind, text) => void troubles.set(kind, text));
    assertEquals(claim.retry(), false);
    assertMatch(troubles.get("lock")!, /^Cannot lock /);
    await Deno.remove(home);
    await Deno.mkdir(home);
    assertEquals(claim.retry(), true);
    assertEquals([...troubles.values()].filter((text) => text !== undefined), []);
    assertThrows(() => claimHome(home, nothing), HomeInUseError, `process ${Deno.pid}`);
    claim.release();
  });
});

Deno.test({
  name:
    "a lock whose file was removed is taken again, the old one is closed, and a second agent is kept out",
  ignore: Deno.build.os === "windows", // Windows keeps the file while it is open.
  sanitizeResources: true,
  fn: () =>
    inHome(async (home) => {
      const told: string[] = [];
      const claim = claimHome(home, (_, text = "") => void told.push(text));
      await Deno.remove(`${home}/icinga-warden.lock`);
      assertEquals(claim.retry(), true);
      assertThrows(() => claimHome(home, nothing), HomeInUseError);
      await Deno.remove(`${home}/icinga-warden.lock`);
      const second = claimHome(home, nothing);
      assertEquals(claim.retry(), false);
      assertStringIncludes(told.join(), `A second agent runs from ${home}; stop one of them`);
      second.release();
      assertEquals(claim.retry(), true);
      claim.release();
    }),
});
