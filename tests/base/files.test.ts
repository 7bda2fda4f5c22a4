import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import {
  FileError,
  type FileSystem,
  ManualClock,
  readTextWhenFreeSync,
  readWhenFree,
  refusePipe,
  replaceFile,
  replaceFileSync,
} from "../../lib/base/mod.ts";

const isWindows = Deno.build.os === "windows";

async function inFolder(test: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "files ä " });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Lets whoever does not wait go on first. */
async function soon(): Promise<void> {
  for (let i = 0; i < 20; i++) await undefined;
}

/** A file system that notes each step; `held`: how often a step fails because another program holds the file. */
function notedFiles(held: Partial<Record<"remove" | "create" | "rename", number>> = {}, size = 3) {
  const steps: string[] = [];
  const left = { remove: 0, create: 0, rename: 0, ...held };
  const note = (step: keyof typeof left, text: string) => {
    steps.push(text);
    if (left[step]-- > 0) throw new Error("held");
  };
  const files: FileSystem = {
    create(path, mode) {
      note("create", `create ${path} ${mode.toString(8)}`);
      return Promise.resolve({
        write(bytes) {
          const part = bytes.subarray(0, size);
          steps.push(`write ${new TextDecoder().decode(part)}`);
          return Promise.resolve(part.length);
        },
        sync: () => soon().then(() => void steps.push("sync")),
        close: () => void steps.push("close"),
      });
    },
    async rename(from, to) {
      await Promise.resolve();
      note("rename", `rename ${from} ${to}`);
    },
    remove: (path) => soon().then(() => note("remove", `remove ${path}`)),
    syncFolder: (path) => soon().then(() => void steps.push(`sync ${path}`)),
    isHeld: (error) => error instanceof Error && error.message === "held",
  };
  return { files, steps };
}

Deno.test("a file is written aside, flushed and renamed, in this order", async () => {
  const { files, steps } = notedFiles();
  await replaceFile("/h/a", "abcde", {
    files,
    mode: 0o600,
    protect: (path) => soon().then(() => void steps.push(`protect ${path}`)),
  });
  assertEquals(steps, [
    "remove /h/a.new",
    "create /h/a.new 600",
    "protect /h/a.new",
    "write abc",
    "write de",
    "sync",
    "close",
    "rename /h/a.new /h/a",
    "sync /h/",
  ]);
  await replaceFile("a", "", { files, mode: 0o600 });
  assertEquals(steps.at(-1), "sync .");
});

Deno.test("while another program holds the file each step is tried again", async () => {
  const { files, steps } = notedFiles({ remove: 2, create: 1, rename: 3 });
  const clock = new ManualClock();
  const done = replaceFile("a", "x", { files, clock, flush: false, mode: 0o644 });
  await clock.advance(1_900);
  await done;
  assertEquals(steps.filter((step) => step.startsWith("remove")).length, 4, "what was left of it");
  assertEquals(steps.filter((step) => step.startsWith("create")).length, 2);
  assertEquals(steps.filter((step) => step.startsWith("rename")).length, 4);
  assertEquals(steps.includes("sync"), false);
});

Deno.test("a file that is held for longer than 2 s is left, and the error names it", async () => {
  const { files, steps } = notedFiles({ rename: Infinity });
  const clock = new ManualClock();
  const error = assertRejects(
    () => replaceFile("/h/a", "x", { files, clock, mode: 0o644 }),
    FileError,
    "Cannot write /h/a: held",
  );
  await clock.advance(2_100);
  await error;
  assertEquals(steps.at(-1), "remove /h/a.new");
  assertEquals(steps.filter((step) => step.startsWith("rename")).length, 41, "each 50 ms");
});

Deno.test("the new file has the mode of the old one, or the one that is asked for", {
  ignore: isWindows,
}, async () => {
  await inFolder(async (folder) => {
    const file = join(folder, "a");
    await Deno.writeTextFile(file, "old", { mode: 0o640 });
    await Deno.chmod(file, 0o1640);
    await replaceFile(file, "new");
    assertEquals(await Deno.readTextFile(file), "new");
    assertEquals((await Deno.stat(file)).mode! & 0o777, 0o640);
    await replaceFile(file, new Uint8Array([120]), { mode: 0o600 });
    assertEquals((await Deno.stat(file)).mode! & 0o777, 0o600);
    replaceFileSync(file, "at once", 0o604);
    assertEquals(await Deno.readTextFile(file), "at once");
    assertEquals((await Deno.stat(file)).mode! & 0o777, 0o604);
    assertEquals([...Deno.readDirSync(folder)].length, 1);
    for (const replace of [replaceFile, replaceFileSync]) {
      await Deno.remove(file);
      await replace(file, "x".repeat(100_000));
      const { mode, size } = await Deno.stat(file);
      assertEquals([mode! & 0o7777, size], [0o644 & ~Deno.umask(), 100_000]);
    }
  });
});

Deno.test(
  "what an earlier try left aside is never written through",
  { ignore: isWindows },
  async () => {
    await inFolder(async (folder) => {
      const other = join(folder, "other");
      const file = join(folder, "a");
      for (const replace of [replaceFile, replaceFileSync]) {
        await Deno.writeTextFile(other, "other");
        await Deno.symlink(other, `${file}.new`);
        await replace(file, "new");
        assertEquals(await Deno.readTextFile(other), "other");
        assertEquals((await Deno.lstat(file)).isSymlink, false);
      }
    });
  },
);

Deno.test("a file that cannot be put in place leaves nothing behind, and the error says which", async () => {
  await inFolder(async (folder) => {
    const file = join(folder, "a");
    await Deno.mkdir(join(file, "full"), { recursive: true });
    const error = await assertRejects(() => replaceFile(file, "x"), FileError);
    assertEquals(error.path, file);
    assertMatch(error.message, /^Cannot write .*a: .+/);
    assertEquals(error.reason.includes(file), false);
    assertEquals(error.message, `Cannot write ${file}: ${error.reason}`);
    assertThrows(() => replaceFileSync(file, "x"), FileError, `Cannot write ${file}: `);
    const lost = join(folder, "none", "b");
    const said = `Cannot write ${lost}: its folder does not exist`;
    await assertRejects(() => replaceFile(lost, "x"), FileError, said);
    assertThrows(() => replaceFileSync(lost, "x"), FileError, said);
    const unread = new FileError("read", lost, new Deno.errors.NotFound("x (os error 2)"));
    assertEquals(unread.message, `Cannot read ${lost}: it does not exist`);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["a"]);
  });
});

Deno.test(
  "a pipe is refused, a file and what is not there are not",
  { ignore: isWindows },
  async () => {
    await inFolder(async (folder) => {
      const pipe = join(folder, "pipe");
      await new Deno.Command("mkfifo", { args: [pipe] }).output();
      assertThrows(() => refusePipe(pipe), Error, "expected a file");
      const socket = join(folder, "socket");
      using _listener = Deno.listen({ transport: "unix", path: socket });
      assertThrows(() => refusePipe(socket), Error, "it is a pipe or a socket; expected a file");
      refusePipe(join(folder, "nothing"));
      await Deno.writeTextFile(join(folder, "file"), "");
      refusePipe(join(folder, "file"));
      refusePipe(join(folder, "file", "below"));
    });
  },
);

Deno.test("a file that another program shares with no one is read once it is free; another error is not waited for", async () => {
  const unshared = new Error("The process cannot access the file. (os error 32)");
  const refused = new Deno.errors.PermissionDenied("Access is denied. (os error 5)");
  const { readFile, readTextFileSync } = Deno;
  let errors: Error[] = [];
  const read = <T>(value: T): T => {
    const error = errors.shift();
    if (error) throw error;
    return value;
  };
  try {
    Deno.readTextFileSync = () => read("text");
    Deno.readFile = () => Promise.resolve().then(() => read(new Uint8Array([1])));
    errors = [unshared, unshared];
    assertEquals(readTextWhenFreeSync("a"), "text");
    errors = [unshared, unshared];
    assertEquals(await readWhenFree("a"), new Uint8Array([1]));
    errors = [refused];
    assertThrows(() => readTextWhenFreeSync("a"), Deno.errors.PermissionDenied);
    errors = [refused];
    await assertRejects(() => readWhenFree("a"), Deno.errors.PermissionDenied);
  } finally {
    Object.assign(Deno, { readFile, readTextFileSync });
  }
});
