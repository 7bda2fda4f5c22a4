import { assertEquals } from "@std/assert";
import { dirname, join, normalize } from "node:path/posix";

/** The folders of the program, each with those that it may import: arrows run down only. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "lib/base": [],
  "lib/state": [],
  "lib/page": [],
  "lib/log": ["lib/base"],
  "lib/icinga": ["lib/base"],
  "lib/service": ["lib/base"],
  "lib/daemon": ["lib/base", "lib/log", "lib/service", "lib/state"],
  "lib/config": ["lib/base", "lib/daemon", "lib/log"],
  "lib/windows": ["lib/base", "lib/log", "lib/service"],
  "lib/thread": ["lib/base", "lib/daemon", "lib/log", "lib/service", "lib/state"],
  "lib/supervisor": ["lib/base", "lib/daemon", "lib/log", "lib/thread"],
  "lib/testing": ["lib/base", "lib/daemon", "lib/log", "lib/service", "lib/state", "lib/thread"],
  "daemons": ["lib/base", "lib/control", "lib/daemon", "lib/icinga", "lib/service"],
  "lib/registry": [
    "daemons",
    "lib/base",
    "lib/config",
    "lib/daemon",
    "lib/icinga",
    "lib/supervisor",
    "lib/thread",
  ],
  "lib/control": [
    "lib/base",
    "lib/config",
    "lib/daemon",
    "lib/log",
    "lib/page",
    "lib/service",
    "lib/state",
  ],
  "lib/agent": [
    "lib/base",
    "lib/config",
    "lib/control",
    "lib/daemon",
    "lib/icinga",
    "lib/log",
    "lib/registry",
    "lib/service",
    "lib/state",
    "lib/supervisor",
    "lib/thread",
    "lib/windows",
  ],
  "lib/cli": [
    "daemons",
    "lib/agent",
    "lib/base",
    "lib/config",
    "lib/control",
    "lib/daemon",
    "lib/icinga",
    "lib/log",
    "lib/registry",
    "lib/service",
    "lib/testing",
    "lib/thread",
    "lib/windows",
  ],
  "main.ts": ["lib/agent", "lib/base", "lib/cli"],
};

/** What is imported past a `mod.ts`, and why. */
const OTHER_DOORS: Readonly<Record<string, string>> = {
  "lib/log/open.ts": "loads LogTape, which no thread but the main one needs",
  "lib/control/results.ts": "is what a daemon's thread needs of it, without the endpoint",
  "lib/icinga/handshake.ts": "shakes hands, and loads nothing else",
  "lib/icinga/folder.ts": "names folders, and loads nothing else",
  "lib/base/schedule.ts": "loads croner, which few threads need",
  "lib/icinga/settings.ts": "checks arguments, and loads nothing else",
  "lib/daemon/author.ts": "is imported as icinga-warden/daemon",
  "lib/testing/author.ts": "is imported as icinga-warden/testing",
  "lib/thread/worker.ts": "is the entry of every thread",
};

interface Import {
  from: string;
  to: string;
}

Deno.test("folders import each other downwards alone", async () => {
  const wrong = (await imports())
    .filter(({ from, to }) => !MAY_IMPORT[folder(from)]?.includes(folder(to)));
  assertEquals(wrong, []);
});

Deno.test("folders import each other by their mod.ts alone", async () => {
  const wrong = (await imports())
    .filter(({ to }) => to !== `${folder(to)}/mod.ts` && !(to in OTHER_DOORS));
  assertEquals(wrong, []);
});

Deno.test("no two folders import each other, not even by way of others", () => {
  const left = new Map(Object.entries(MAY_IMPORT));
  while (left.size > 0) {
    const free = [...left].filter(([, others]) => !others.some((other) => left.has(other)));
    assertEquals(free.length > 0, true, `a circle among ${[...left.keys()].join(", ")}`);
    for (const [name] of free) left.delete(name);
  }
});

/** The imports of the program that lead from one of its folders into another. */
async function imports(): Promise<Import[]> {
  const files = ["main.ts", ...await sources("lib"), ...await sources("daemons")];
  const found = await Promise.all(files.map(importsOf));
  return found.flat().filter(({ from, to }) => folder(from) !== folder(to));
}

async function importsOf(from: string): Promise<Import[]> {
  const text = await Deno.readTextFile(new URL(`../${from}`, import.meta.url));
  const code = text.replaceAll(/^ *(?:\*|\/\/|\/\*).*$/gm, "");
  const found = [
    ...code.matchAll(/(?:\bfrom|\bimport|import\.meta\.resolve)[ (]*"(\.[^"]+\.ts)"/g),
  ];
  return found.map(([, to]) => ({ from, to: normalize(join(dirname(from), to!)) }));
}

async function sources(path: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(new URL(`../${path}`, import.meta.url)));
  const found = entries.map(({ name, isDirectory }) => {
    if (isDirectory) return sources(`${path}/${name}`);
    return name.endsWith(".ts") ? [`${path}/${name}`] : [];
  });
  return (await Promise.all(found)).flat();
}

function folder(file: string): string {
  return /^lib\/\w+/.exec(file)?.[0] ?? file.split("/")[0]!;
}
