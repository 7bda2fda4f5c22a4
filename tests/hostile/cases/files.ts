import { assertEquals } from "@std/assert";
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
    name: "reads_by_node",
    what: "it reads files outside its folder by Node's modules",
    holds: "each is refused",
    act: async (_, { home, outside }, tryAll) => {
      const secret = `${outside}/secret.txt`;
      const fs = await import("node:fs");
      const { createRequire, findPackageJSON } = await import("node:module");
      const require = createRequire(`file://${encodeURI(home)}/daemons/x.js`);
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
        requireJson: () => JSON.stringify(require(`${outside}/secret.json`)),
        requireText: () => require(secret),
        requireScript: () => JSON.stringify(require(`${outside}/secret.js`)),
        packageJson: () => findPackageJSON(`file://${outside}/secret.js`)!.length,
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
    name: "imports_secrets",
    open: "an import reads any file",
    what: "it imports files outside its folder as modules, JSON, text and bytes",
    holds: "it gets nothing, and no error holds a part of them",
    act: async (_, { home, outside }, tryAll) => {
      const url = (path: string) => `file://${encodeURI(path)}`;
      const load = async (path: string, type?: string) => {
        const options = type ? { with: { type } } : undefined;
        const module = await import(url(path), options as ImportCallOptions);
        return JSON.stringify(module.default ?? Object.keys(module));
      };
      const paths: Record<string, string> = {
        token: `${home}/control.token`,
        monitorToken: `${home}/monitor.token`,
        configuration: `${home}/icinga-warden.json`,
        savedState: `${home}/state.json`,
        json: `${outside}/secret.json`,
        script: `${outside}/secret.js`,
        text: `${outside}/secret.txt`,
        spaced: `${outside}/spaced.txt`,
        quoted: `${outside}/quoted.txt`,
      };
      const tries = Object.entries(paths).flatMap(([name, path]) =>
        [undefined, "json", "text", "bytes"].map((type) =>
          [`${name} as ${type}`, () => load(path, type)] as const
        )
      );
      return await tryAll(Object.fromEntries(tries));
    },
    check: ({ outcome }) => {
      assertNothingGot(outcome);
      const told = JSON.stringify(outcome);
      assertEquals(/canary|-\d+-[\w-]{20,}/.exec(told)?.[0], undefined);
    },
  },
  {
    name: "imports_statically",
    open: "an import reads any file",
    what: "its module imports a JSON file outside its folder by a plain import",
    holds: "it is not run, and the log holds nothing of the file",
    module: `
import secret from "../../outside/secret.json" with { type: "json" };
export default { name: "imports_statically", description: "", run: (context) => {
  context.log.info("stolen " + JSON.stringify(secret));
  return context.every(1_000, () => {});
} };`,
    silent: true,
    logged: [/\[ERROR\] .*imports_statically/],
    notLogged: [/stolen/],
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
    open: "workers of its own are not refused",
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
    name: "starts_node_workers",
    open: "workers of its own are not refused",
    what: "it starts a worker of node:worker_threads",
    holds: "it is refused",
    act: async (_, { outside }, tryAll) => {
      const { Worker } = await import("node:worker_threads");
      const start = async (code: string | URL, options: { eval?: boolean }) => {
        const worker = new Worker(code, options);
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        worker.on("online", resolve).on("error", reject).on("exit", reject);
        await promise;
        await worker.terminate();
        return "a worker";
      };
      return await tryAll({
        eval: () => start("globalThis.x = 1;", { eval: true }),
        file: () => start(new URL(`file://${outside}/secret.js`), {}),
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
        heap: async () => (await import("node:v8")).writeHeapSnapshot(`${outside}/heap`),
        report: async () => {
          const { default: process } = await import("node:process");
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
