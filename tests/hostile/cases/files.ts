import { assertEquals } from "@std/assert";
import { SECRETS } from "../secrets.ts";
import { assertNothingGot, attempts } from "../attempt.ts";

export default attempts(
  {
    name: "reads_by_deno",
    what: "it reads files outside its folder by each function of Deno",
    holds: "each is refused",
    act: (_, { home, outside }, tryAll) => {
      const secret = `${outside}/secret.txt`;
      return tryAll({
        text: () => Deno.readTextFile(secret),
        textSync: () => Deno.readTextFileSync(secret),
        bytes: () => Deno.readFileSync(secret),
        open: () => Deno.openSync(secret, { read: true }),
        folder: () => [...Deno.readDirSync(outside)].length,
        home: () => [...Deno.readDirSync(home)].length,
        stat: () => Deno.statSync(secret).size,
        lstat: () => Deno.lstatSync(secret).size,
        realPath: () => Deno.realPathSync(secret),
        readLink: () => Deno.readLinkSync("/proc/self/exe"),
        watch: () => Deno.watchFs(outside),
        token: () => Deno.readTextFileSync(`${home}/control.token`),
        monitorToken: () => Deno.readTextFileSync(`${home}/monitor.token`),
        configuration: () => Deno.readTextFileSync(`${home}/icinga-warden.json`),
        savedState: () => Deno.readTextFileSync(`${home}/state.json`),
        log: () => Deno.readTextFileSync(`${home}/logs/icinga-warden.log`),
        upwards: () => Deno.readTextFileSync(`${home}/daemons/../control.token`),
        url: () => Deno.readTextFileSync(new URL(`file://${encodeURI(home)}/control.token`)),
        environment: () => Deno.readTextFileSync("/proc/self/environ"),
        memory: () => Deno.openSync("/proc/self/mem"),
        descriptors: () => [...Deno.readDirSync("/proc/self/fd")].length,
      });
    },
    check: ({ outcome }) => assertNothingGot(outcome),
  },
  {
    name: "asks_for_secrets",
    what: "it asks for a secret that it was not granted, and reads the file of it",
    holds: "each is refused",
    prepare: async (home) => {
      await Deno.mkdir(`${home}/secrets`, { recursive: true });
      await Deno.writeTextFile(`${home}/secrets/db`, SECRETS.file, { mode: 0o600 });
    },
    act: (context, { home }, tryAll) =>
      tryAll({
        asked: () => context.secret("db"),
        star: () => context.secret("*"),
        upwards: () => context.secret("../control.token"),
        none: () => context.secret(undefined as never),
        odd: () => context.secret({ toString: () => "db" } as never),
        disks: () => context.host.disks(),
        file: () => Deno.readTextFile(`${home}/secrets/db`),
        folder: () => [...Deno.readDirSync(`${home}/secrets`)].length,
      }),
    check: ({ outcome }) => assertNothingGot(outcome),
  },
  {
    name: "reads_by_node",
    what: "it reads files outside its folder by Node's modules",
    holds: "each is refused",
    act: async (_, { home, outside }, tryAll) => {
      const secret = `${outside}/secret.txt`;
      const fs = await import("node:fs");
      const { process } = globalThis as unknown as { process: typeof import("node:process") };
      return tryAll({
        sync: () => fs.readFileSync(secret, "utf8"),
        promised: () => fs.promises.readFile(secret, "utf8"),
        open: () => fs.openSync(secret, "r"),
        stream: () => Array.fromAsync(fs.createReadStream(secret)),
        folder: () => fs.readdirSync(outside),
        copy: () => fs.copyFileSync(secret, `${home}/daemons/copied.txt`),
        link: () => fs.linkSync(secret, `${home}/daemons/linked.txt`),
        blob: async () => await (await fs.openAsBlob(secret)).text(),
        loadEnv: () => process.loadEnvFile(secret),
        getBuiltin: () => process.getBuiltinModule("node:fs").readFileSync(secret, "utf8"),
        database: async () => {
          const { DatabaseSync } = await import("node:sqlite");
          return new DatabaseSync(secret).prepare("select 1").all();
        },
      });
    },
    check: ({ outcome }) => assertNothingGot(outcome),
  },
  {
    name: "fetches_files",
    what: "it fetches file URLs",
    holds: "each is refused",
    act: (_, { home, outside }, tryAll) => {
      const fetchText = async (path: string) =>
        await (await fetch(`file://${encodeURI(path)}`)).text();
      return tryAll({
        outside: () => fetchText(`${outside}/secret.txt`),
        token: () => fetchText(`${home}/control.token`),
        wasm: async () =>
          await WebAssembly.compileStreaming(fetch(`file://${encodeURI(outside)}/secret.txt`)),
      });
    },
    check: ({ outcome }) => assertNothingGot(outcome),
  },
  {
    name: "starts_foreign_code",
    what: "it starts workers from files outside, data URLs, blobs and its own module",
    holds: "each is refused",
    act: (context, { home, outside }, tryAll) => {
      const start = (url: string) => async () => {
        const worker = new Worker(url, { type: "module" });
        const { promise, resolve, reject } = Promise.withResolvers<string>();
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = (event) => {
          event.preventDefault();
          reject(new Error(event.message));
        };
        await Promise.race([promise, context.sleep(2_000)]);
        worker.terminate();
        return "a worker";
      };
      const post = "postMessage(typeof Deno)";
      return tryAll({
        file: start(`file://${encodeURI(outside)}/secret.js`),
        token: start(`file://${encodeURI(home)}/control.token`),
        data: start(`data:text/javascript,${post}`),
        blob: start(URL.createObjectURL(new Blob([post], { type: "text/javascript" }))),
        own: start(`file://${encodeURI(home)}/daemons/victim.js`),
        constructor: () =>
          new (Worker.prototype.constructor as typeof Worker)(`data:text/javascript,${post}`, {
            type: "module",
          }),
      });
    },
    check: ({ outcome }) => assertNothingGot(outcome),
  },
  {
    name: "writes_files",
    what: "it writes, moves, links and removes files, in its own folder and outside",
    holds: "each is refused, and nothing has changed",
    act: async (_, { home, outside }, tryAll) => {
      const own = `${home}/daemons/victim.js`;
      const fs = await import("node:fs");
      return await tryAll({
        write: () => Deno.writeTextFileSync(`${outside}/new`, "x"),
        writeOwn: () => Deno.writeTextFileSync(own, "x"),
        append: () => Deno.openSync(own, { append: true }),
        make: () => Deno.mkdirSync(`${home}/daemons/made`),
        remove: () => Deno.removeSync(own),
        rename: () => Deno.renameSync(own, `${own}.moved`),
        copy: () => Deno.copyFileSync(own, `${own}.copied`),
        link: () => Deno.linkSync(own, `${own}.linked`),
        symlink: () => Deno.symlinkSync("/etc", `${home}/daemons/etc`),
        truncate: () => Deno.truncateSync(own, 0),
        chmod: () => Deno.chmodSync(own, 0o777),
        chown: () => Deno.chownSync(own, 0, 0),
        utime: () => Deno.utimeSync(own, 0, 0),
        temporary: () => Deno.makeTempFileSync(),
        temporaryFolder: () => Deno.makeTempDirSync(),
        node: () => fs.writeFileSync(`${home}/daemons/node.txt`, "x"),
        nodeFolder: () => fs.mkdtempSync(`${outside}/x`),
        state: () => Deno.writeTextFileSync(`${home}/state.json`, "{}"),
        configuration: () => Deno.writeTextFileSync(`${home}/icinga-warden.json`, "{}"),
        report: () => {
          const { process } = globalThis as unknown as { process: typeof import("node:process") };
          const file = process.report!.writeReport(`${outside}/report`);
          if (!file) throw new Error("no report");
          return file;
        },
        database: async () => {
          const { DatabaseSync } = await import("node:sqlite");
          return new DatabaseSync(`${outside}/db`).exec("create table t (x)");
        },
      });
    },
    also: ({ home }) =>
      Promise.resolve({
        daemons: [...Deno.readDirSync(`${home}/daemons`)].map(({ name }) => name)
          .filter((name) => !name.endsWith(".js")),
        outside: [...Deno.readDirSync(`${home}/../outside`)].map(({ name }) => name).sort(),
      }),
    check: ({ outcome, also }) => {
      assertNothingGot(outcome);
      assertEquals(also, {
        daemons: [],
        outside: ["quoted.txt", "secret.js", "secret.json", "secret.txt", "spaced.txt"],
      });
    },
  },
  {
    name: "lies_in_home",
    what: "its module lies in home itself, and it reads the files there",
    holds: "each is refused",
    entry: { module: "lies_in_home.js" },
    prepare: (home) => Deno.rename(`${home}/daemons/lies_in_home.js`, `${home}/lies_in_home.js`),
    act: (_, { home }, tryAll) =>
      tryAll({
        token: () => Deno.readTextFileSync(`${home}/control.token`).length,
        configuration: () => Deno.readTextFileSync(`${home}/icinga-warden.json`).length,
        savedState: () => Deno.readTextFileSync(`${home}/state.json`).length,
      }),
    check: ({ outcome }) => assertNothingGot(outcome),
  },
  {
    name: "stores",
    what: "it keeps data as a browser does",
    holds: "nothing is written to home",
    act: (_, _loot, tryAll) => {
      const all = globalThis as unknown as Record<string, { setItem(...of: string[]): void }>;
      return tryAll({
        local: () => all.localStorage!.setItem("x", "stored"),
        session: () => all.sessionStorage!.setItem("x", "stored"),
        caches: async () => await caches.open("x"),
      });
    },
    also: ({ home }) => Promise.resolve([...Deno.readDirSync(home)].map(({ name }) => name)),
    check: ({ also }) =>
      assertEquals(also.filter((name: string) => /storage|cache|sqlite/i.test(name)), []),
  },
);
