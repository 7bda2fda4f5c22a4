import { assert, assertEquals } from "@std/assert";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { makeReference, MARK } from "../../tools/reference.ts";
import { fillIn } from "../../lib/registry/grant.ts";
import { probeModule } from "../../lib/registry/probe.ts";
import { workerPermissions } from "../../lib/thread/start.ts";
import { runTrial } from "../../lib/testing/trial.ts";
import { type Block, blocks, commands, withBlock } from "./page.ts";

const PAGE = new URL("../../docs/daemons.md", import.meta.url);
const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** Set, the test writes down in the page what commands print, instead of comparing it. */
const UPDATE = Deno.env.has("UPDATE_DOCS");

/** How the page names the folders of the test. */
const NAMES = { home: "C:\\Program Files\\icinga-warden", spool: "C:\\spool" };

for (const language of ["TypeScript", "JavaScript"] as const) {
  const name =
    `the tutorial in ${language} is what happens: every command, its output, every file and log line`;
  Deno.test(name, () => takeTour(language));
}

async function takeTour(language: "TypeScript" | "JavaScript"): Promise<void> {
  // A longer path would take more lines in the configuration than the page shows.
  const root = await Deno.makeTempDir(Deno.build.os === "windows" ? {} : { dir: "/tmp" });
  const folders = { home: join(root, "home"), spool: join(root, "spool") };
  await Deno.mkdir(folders.home);
  await Deno.mkdir(folders.spool);
  for (const name of ["a", "b"]) await Deno.writeTextFile(join(folders.spool, name), "");
  await Deno.writeTextFile(join(folders.home, "icinga-warden.json"), CONFIGURATION);
  const tour = new Tour(folders, language === "TypeScript" ? "ts" : "js");
  let page = await Deno.readTextFile(PAGE);
  try {
    for (const [n, block] of blocks(page).entries()) {
      const now = await tour.follow(block);
      if (UPDATE && language === "TypeScript") page = withBlock(page, n, now);
      else assertEquals(now, tour.inLanguage(block.text));
    }
    if (UPDATE) await Deno.writeTextFile(PAGE, page);
  } finally {
    await tour.end();
    await Deno.remove(root, { recursive: true });
  }
}

/** An agent on a port of its own, since others may run on this machine. */
const CONFIGURATION = `{
  // Where commands are served
  "control": { "listen": "127.0.0.1:0" }
}
`;

/** Does what a page says, block by block. */
class Tour {
  readonly #folders: Record<keyof typeof NAMES, string>;
  #agent: Deno.ChildProcess | undefined;
  #read = 0;

  readonly #language: "ts" | "js";

  constructor(folders: Record<keyof typeof NAMES, string>, language: "ts" | "js") {
    this.#folders = folders;
    this.#language = language;
  }

  /** A text of the page, which is of TypeScript, in the tour's language. */
  inLanguage(text: string): string {
    if (this.#language === "ts") return text;
    return text.replaceAll(/\bqueue_watch(\.test)?\.ts\b/g, "queue_watch$1.js")
      .replaceAll(/(daemon new queue_watch)$/gm, "$1.js");
  }

  /** Follows a block, and returns it as it is to read. */
  async follow({ language, info, text }: Block): Promise<string> {
    const [kind = "", file = ""] = info.split(" ");
    switch (language) {
      case "console":
        // The service of Windows is another test's: tests/wine/daemons.test.ts.
        if (kind === "service") return this.inLanguage(text);
        if (kind === "agent") return await this.#start(text);
        return await this.#runAll(this.inLanguage(text));
      case "ts":
      case "js": {
        const isBroken = kind === "broken";
        const isOurs = isBroken || language === this.#language;
        if (info && isOurs) await this.#write(this.inLanguage(file || kind), text);
        return this.inLanguage(text);
      }
      case "text":
        return kind === "log"
          ? await this.#awaitLines(this.inLanguage(text))
          : this.inLanguage(text);
      case "jsonc":
        if (!kind) return this.inLanguage(text);
        return this.#named(await Deno.readTextFile(join(this.#folders.home, kind)));
      default:
        return this.inLanguage(text);
    }
  }

  async end(): Promise<void> {
    if (!this.#agent) return;
    this.#agent.kill("SIGTERM");
    await this.#agent.status;
  }

  async #write(file: string, text: string): Promise<void> {
    const path = join(this.#folders.home, file);
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, text);
  }

  async #start(text: string): Promise<string> {
    const [{ words } = { words: [] }] = commands(text);
    const options = { ...this.#command(words), stdout: "null", stderr: "null" } as const;
    this.#agent = new Deno.Command(Deno.execPath(), options).spawn();
    await this.#log(/Started/);
    return text;
  }

  async #runAll(text: string): Promise<string> {
    const parts: string[] = [];
    for (const { words } of commands(text)) {
      const command = new Deno.Command(Deno.execPath(), this.#command(words));
      const { stdout, stderr } = await command.output();
      const printed = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
      parts.push(`> icinga-warden ${words.join(" ")}\n${this.#named(printed)}`);
    }
    return parts.join("");
  }

  #command(words: readonly string[]): Deno.CommandOptions & { stdin: "null" } {
    const args = words.map((word) => this.#real(word));
    return {
      args: ["run", "-A", MAIN, ...args],
      env: { ICINGA_WARDEN_HOME: this.#folders.home, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
      stdin: "null",
    };
  }

  /** Waits for each line in the log, after those that were waited for before. */
  async #awaitLines(text: string): Promise<string> {
    for (const line of text.trimEnd().split("\n")) {
      const known = line.replace(/^\S+ /, "");
      await this.#log(
        new RegExp(escape(known)),
        (log) => this.#read = log.indexOf(known, this.#read),
      );
    }
    return text;
  }

  async #log(pattern: RegExp, found: (log: string) => void = () => {}): Promise<void> {
    const file = join(this.#folders.home, "logs", "icinga-warden.log");
    for (const end = Date.now() + 60_000;;) {
      const log = this.#named(await Deno.readTextFile(file).catch(() => ""));
      if (pattern.test(log.slice(this.#read))) return found(log);
      assert(Date.now() < end, `not within 60 s: ${pattern}\n${log}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Folders and moments as the page names them. */
  #named(text: string): string {
    let named = text;
    for (const [key, name] of Object.entries(NAMES)) {
      const folder = this.#folders[key as keyof typeof NAMES];
      const path = new RegExp(`("?)${escape(folder)}([\\w./-]*)`, "g");
      named = named.replace(path, (_, quote, rest) => {
        const windows = name + rest.replaceAll("/", "\\");
        return quote + (quote ? windows.replaceAll("\\", "\\\\") : windows);
      });
    }
    return named
      .replaceAll(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, "2026-11-24T09:00:00.000Z")
      .replaceAll(
        /(running +1 +)(\d+ s +)/g,
        (_, before, uptime) => before + "5 s".padEnd(uptime.length),
      );
  }

  #real(word: string): string {
    let real = word;
    for (const [key, name] of Object.entries(NAMES)) {
      real = real.replaceAll(name, () => this.#folders[key as keyof typeof NAMES]);
    }
    return real;
  }
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

Deno.test("every other module on the page runs, with the permissions that it declares", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  const page = await Deno.readTextFile(PAGE);
  const modules = blocks(page).filter(({ language, info, text }) =>
    ["js", "ts"].includes(language) && info === "" && text.includes("export default")
  );
  const given: Record<string, Record<string, unknown>> = { scanner: { drives: [folder] } };
  const logged: Record<string, string | undefined> = {};
  for (const { language, text } of modules) {
    const [, name = ""] = /name: "(\w+)"/.exec(text)!;
    const file = join(folder, `${name}.${language}`);
    await Deno.writeTextFile(file, text);
    const probed = await probeModule(file, given[name] ?? {});
    assert("description" in probed, JSON.stringify(probed));
    const placeholders = { home: folder, arguments: given[name] ?? {} };
    const permissions = fillIn(probed.description.permissions, placeholders);
    const { error, log } = await runTrial(
      {
        ...{
          module: pathToFileURL(file).href,
          name,
          arguments: placeholders.arguments,
          home: folder,
        },
        span: 60_000,
      },
      workerPermissions(permissions, [folder], []),
    );
    assertEquals(error, undefined);
    logged[name] = log[0]?.message;
  }
  assertEquals(logged, { hello: "hello", scanner: "2 files" });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("the reference is what the doc comments say", async () => {
  const page = await Deno.readTextFile(PAGE);
  const plain = (text: string) => text.replaceAll(/\s+/g, " ").trim();
  const reference = page.slice(page.indexOf(MARK) + MARK.length);
  assertEquals(
    plain(reference),
    plain(await makeReference()),
    "run: deno run -A tools/reference.ts",
  );
});
