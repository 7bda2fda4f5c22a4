import fc from "fast-check";
import { assertEquals, assertRejects } from "@std/assert";
import { parse } from "jsonc-parser";
import { join } from "node:path";
import { FileError } from "../../lib/base/mod.ts";
import { removeFromText, rewriteConfig, setInText } from "../../lib/config/edit.ts";

const read = (text: string) => parse(text, [], { allowTrailingComma: true });
const B = ["daemons", "b"];

Deno.test("an entry is added at the end, comments and order kept", () => {
  const cases: [before: string, after: string][] = [
    [
      `{
  // what runs
  "daemons": {
    "a": {}, // the first
    /* and more */
  },
  "log": { "keep": 3 } // rarely
}
`,
      `{
  // what runs
  "daemons": {
    "a": {}, // the first
    "b": { "n": 1 },
    /* and more */
  },
  "log": { "keep": 3 } // rarely
}
`,
    ],
    [
      `{
\t"daemons": {
\t\t"a": {} // the first
\t}
}`,
      `{
\t"daemons": {
\t\t"a": {}, // the first
\t\t"b": { "n": 1 }
\t}
}`,
    ],
    [`{ "daemons": { "a": {} } }`, `{ "daemons": { "a": {}, "b": { "n": 1 } } }`],
    [`{ "daemons": { "a": {}, } }`, `{ "daemons": { "a": {}, "b": { "n": 1 } } }`],
    [
      `{\n  "daemons": { "a": {} }\n}`,
      `{\n  "daemons": { "a": {}, "b": { "n": 1 } }\n}`,
    ],
    [
      `{\n  "daemons": {\n    "a": {} /* one */ // two\n  } // three\n}`,
      `{\n  "daemons": {\n    "a": {}, /* one */ // two\n    "b": { "n": 1 }\n  } // three\n}`,
    ],
    [`{ "daemons": {} }`, `{ "daemons": {\n  "b": { "n": 1 }\n} }`],
    [
      `{\n  "daemons": {\n    // none yet\n  }\n}`,
      `{\n  "daemons": {\n    // none yet\n    "b": { "n": 1 }\n  }\n}`,
    ],
    [`{}`, `{\n  "daemons": {\n    "b": {\n      "n": 1\n    }\n  }\n}`],
    [
      `{\r\n  "daemons": {\r\n    "a": {}\r\n  }\r\n}\r\n`,
      `{\r\n  "daemons": {\r\n    "a": {},\r\n    "b": { "n": 1 }\r\n  }\r\n}\r\n`,
    ],
  ];
  for (const [before, after] of cases) assertEquals(setInText(before, B, { n: 1 }), after);
});

Deno.test("a value that is there is replaced", () => {
  const text = `{ "daemons": { "b": { "n": 1, /* why */ "m": 2 } } }`;
  assertEquals(
    setInText(text, [...B, "n"], 7),
    `{ "daemons": { "b": { "n": 7, /* why */ "m": 2 } } }`,
  );
});

Deno.test("a value takes one line of 60 characters, or else several", () => {
  const set = (value: unknown) => setInText(`{\n  "b": 1\n}`, ["b"], value);
  const list = (length: number) => ["x".repeat(length - 4)];
  assertEquals(set(list(60)), `{\n  "b": ["${"x".repeat(56)}"]\n}`);
  assertEquals(set(list(61)), `{\n  "b": [\n    "${"x".repeat(57)}"\n  ]\n}`);
  assertEquals(set({}), `{\n  "b": {}\n}`);
  assertEquals(set({ a: [1, "2"], c: true }), `{\n  "b": { "a": [1, "2"], "c": true }\n}`);
  assertEquals(set({ a: {} }), `{\n  "b": {\n    "a": {}\n  }\n}`);
});

Deno.test("an entry is removed, comments around it kept", () => {
  const cases: [before: string, after: string][] = [
    [
      `{
  "daemons": {
    // first
    "a": {},
    // second
    "b": {
      "n": 1
    }, // of b
    // third
    "c": {}
  }
}`,
      `{
  "daemons": {
    // first
    "a": {},
    // second
    // of b
    // third
    "c": {}
  }
}`,
    ],
    [
      `{\n  "daemons": {\n    "a": {}, // first\n    "b": {}\n  }\n}`,
      `{\n  "daemons": {\n    "a": {} // first\n  }\n}`,
    ],
    [`{ "daemons": { "a": {}, "b": {} } }`, `{ "daemons": { "a": {} } }`],
    [`{ "daemons": { "b": {}, "a": {} } }`, `{ "daemons": { "a": {} } }`],
    [`{ "daemons": { "b": {} } }`, `{ "daemons": { } }`],
    [
      `{ "daemons": { "a": {}, "b": {}\r\n} }`,
      `{ "daemons": { "a": {}\r\n} }`,
    ],
    [`{ "daemons": {\n\t"a": {},\n\t"b": {} } }`, `{ "daemons": {\n\t"a": {}\n\t} }`],
    [`{ "daemons": {} }`, `{ "daemons": {} }`],
  ];
  for (const [before, after] of cases) {
    const removed = removeFromText(before, B);
    assertEquals(read(removed), read(after), removed);
    assertEquals(removed, after);
  }
});

Deno.test("whatever is set or removed, the rest means what it meant", () => {
  const name = fc.constantFrom("a", "b", "c", "d");
  const blank = fc.constantFrom("", " ", "\n", " // x\n", "/* y */", "\r\n  ");
  const objectText = fc.tuple(
    fc.uniqueArray(name),
    fc.array(blank, { minLength: 20, maxLength: 20 }),
    fc.boolean(),
  )
    .map(([names, blanks, trailing]) => {
      let i = 0;
      const next = () => blanks[i++ % blanks.length]!;
      const entries = names.map((n, at) =>
        `${next()}"${n}"${next()}:${next()}{ "n": ${at} }${next()}${
          at < names.length - 1 || trailing ? "," : ""
        }${next()}`
      );
      return `{${next()}"daemons":${next()}{${next()}${entries.join("")}}${next()}}`;
    });
  fc.assert(
    fc.property(objectText, name, (text, key) => {
      const before = read(text).daemons;
      const set = read(setInText(text, ["daemons", key], { set: true }));
      assertEquals(set.daemons, { ...before, [key]: { set: true } });
      assertEquals(Object.keys(set.daemons), Object.keys({ ...before, [key]: 1 }));
      const { [key]: _, ...rest } = before;
      const removed = removeFromText(text, ["daemons", key]);
      assertEquals(read(removed).daemons, rest);
      assertEquals(
        removed.match(/\/[/*] ?[xy]/g)?.length,
        without(text, key).match(/\/[/*] ?[xy]/g)?.length,
      );
    }),
    { numRuns: 500 },
  );

  /** The text without the property itself; comments within a property go with it. */
  function without(text: string, key: string): string {
    return text.replace(new RegExp(`"${key}"(?:[^{]*)\\{ "n": \\d \\}`), "");
  }
});

Deno.test("where the new text cannot be put in place, the old stands and nothing is left beside it", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "icinga-warden.json");
  const edit = () => {
    // Nothing can be renamed to the name of a folder that holds something.
    Deno.mkdirSync(join(file, "x"), { recursive: true });
    return "{}";
  };
  await assertRejects(() => rewriteConfig(file, { edit, check: () => {} }), Error);
  assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["icinga-warden.json"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("of many programs that rewrite one configuration none undoes what another did", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "icinga-warden.json");
  const names = Array.from({ length: 20 }, (_, i) => `d${i}`);
  const add = (name: string) =>
    rewriteConfig(file, {
      edit: (text) => setInText(text, ["daemons", name], {}),
      check: () => {},
    });
  await Promise.all(names.map(add));
  const { daemons } = read(await Deno.readTextFile(file));
  assertEquals(Object.keys(daemons).sort(), [...names, "icinga_agent_service"].sort());
  assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["icinga-warden.json"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test({
  name: "a configuration that is a link stays one: the file that it leads to is rewritten",
  ignore: Deno.build.os === "windows", // A link takes a right there.
  async fn() {
    const folder = await Deno.makeTempDir();
    const [file, link] = [join(folder, "real.json"), join(folder, "icinga-warden.json")];
    await Deno.writeTextFile(file, "{}");
    await Deno.symlink(file, link);
    await rewriteConfig(link, { edit: (text) => setInText(text, B, {}), check: () => {} });
    assertEquals([(await Deno.lstat(link)).isSymlink, await Deno.readTextFile(link)], [
      true,
      await Deno.readTextFile(file),
    ]);
    assertEquals(Object.keys(read(await Deno.readTextFile(file)).daemons).at(-1), "b");
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test("the mark of a program that was killed holds up the next one for 10 s, and no other error does", async () => {
  const folder = await Deno.makeTempDir();
  let now = 0;
  const clock = {
    now: () => now,
    sleep: (ms: number) => Promise.resolve(void (now += ms)),
  };
  const rewrite = (file: string) =>
    rewriteConfig(join(folder, file), { edit: () => "{ }", check: () => {}, clock });
  await assertRejects(() => rewrite("none/x.json"), FileError, "Cannot write ");
  assertEquals(now, 0);
  await Deno.writeTextFile(join(folder, "x.json.lock"), "");
  await rewrite("x.json");
  assertEquals(now > 10_000 && now < 10_100, true, `${now}`);
  assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["x.json"]);
  await Deno.remove(folder, { recursive: true });
});
