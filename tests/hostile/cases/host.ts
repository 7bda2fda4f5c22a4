import { assert, assertEquals } from "@std/assert";
import { assertNothingGot, attempts } from "../attempt.ts";

export default attempts(
  {
    name: "reads_environment",
    what: "it reads and sets environment variables",
    holds: "each is refused, and none shows",
    act: async (_, _loot, tryAll) => {
      const { process } = globalThis as unknown as { process: typeof import("node:process") };
      const { internal, core } = Deno as unknown as Record<string, never>;
      return await tryAll({
        get: () => Deno.env.get("WARDEN_SECRET"),
        all: () => JSON.stringify(Deno.env.toObject()),
        has: () => Deno.env.has("WARDEN_SECRET"),
        set: () => Deno.env.set("WARDEN_SECRET", "x"),
        node: () => {
          const value = process.env.WARDEN_SECRET;
          if (value === undefined) throw new Error("undefined");
          return value;
        },
        keys: () => {
          const keys = Object.keys(process.env);
          if (keys.length === 0) throw new Error("none");
          return keys;
        },
        unchecked: () =>
          (Deno as never)[internal as never]["core"]["ops"]["op_get_env_no_permission_check"],
        core: () =>
          (core as unknown as { ops: { op_get_env(name: string): string } }).ops.op_get_env("HOME"),
      });
    },
    check: ({ outcome }) => {
      assertEquals(JSON.stringify(outcome).includes("canary"), false);
      const { core: _, ...others } = outcome;
      assertNothingGot(others);
    },
  },
  {
    name: "opens_connections",
    what: "it connects, listens and asks the name service",
    holds: "each is refused",
    act: async (_, { home }, tryAll) => {
      const [net, dns, tls, http] = await Promise.all([
        import("node:net"),
        import("node:dns"),
        import("node:tls"),
        import("node:http"),
      ]);
      const event = <T>(
        emitter: { once(name: string, then: (value?: T) => void): unknown },
        good: string,
      ) =>
        new Promise<string>((resolve, reject) => {
          emitter.once(good, () => resolve("GOT"));
          emitter.once("error", reject as never);
        });
      return await tryAll({
        fetch: () => fetch("http://127.0.0.1:9/"),
        connect: () => Deno.connect({ hostname: "127.0.0.1", port: 9 }),
        connectTls: () => Deno.connectTls({ hostname: "127.0.0.1", port: 9 }),
        listen: () => Deno.listen({ port: 0 }),
        serve: () => Deno.serve({ port: 0 }, () => new Response("x")),
        unix: () => Deno.connect({ transport: "unix", path: `${home}/x` } as never),
        datagram: () =>
          (Deno as unknown as { listenDatagram(o: unknown): unknown }).listenDatagram({
            port: 0,
            transport: "udp",
          }),
        names: () => Deno.resolveDns("localhost", "A"),
        webSocket: () => event(new WebSocket("ws://127.0.0.1:9/") as never, "open"),
        webSocketStream: () => {
          const { WebSocketStream } = globalThis as unknown as Record<
            string,
            new (url: string) => { opened: unknown }
          >;
          return new WebSocketStream!("ws://127.0.0.1:9/").opened;
        },
        node: () => event(net.connect(9, "127.0.0.1"), "connect"),
        nodeServer: () => event(net.createServer().listen(0), "listening"),
        nodeNames: () => dns.promises.lookup("localhost"),
        nodeTls: () => event(tls.connect(9, "127.0.0.1"), "secureConnect"),
        nodeHttp: () => event(http.get("http://127.0.0.1:9/"), "response"),
      });
    },
    check: ({ outcome }) => {
      const { webSocket, ...others } = outcome;
      assert(!String(webSocket).startsWith("GOT"));
      assertNothingGot(others);
    },
  },
  {
    name: "runs_programs",
    what: "it runs programs, signals processes and loads libraries",
    holds: "each is refused",
    act: async (_, { home, outside }, tryAll) => {
      const child = await import("node:child_process");
      const { process } = globalThis as unknown as { process: typeof import("node:process") };
      const { UnsafePointer } = Deno as unknown as {
        UnsafePointer: { create(n: bigint): unknown };
      };
      return await tryAll({
        command: () => new Deno.Command("/bin/true").outputSync(),
        spawn: () => new Deno.Command("/bin/true").spawn(),
        exe: () => new Deno.Command(`${home}/../exe`).outputSync(),
        nodeSpawn: () => child.spawnSync("/bin/true").error ?? "GOT",
        nodeExec: () => child.execSync("true"),
        nodeFork: () => child.fork(`${outside}/secret.js`),
        kill: () => Deno.kill(1, "SIGCONT"),
        killAgent: () => Deno.kill(Deno.pid, "SIGKILL"),
        wrapped: () => Deno.kill(Deno.pid + 2 ** 32, "SIGTERM"),
        nodeKill: () => process.kill(process.pid, "SIGKILL"),
        debug: () =>
          (process as unknown as { _debugProcess(pid: number): void })._debugProcess(process.pid),
        library: () => Deno.dlopen("libc.so.6", {}),
        nodeLibrary: () => process.dlopen({ exports: {} }, "/lib/x.node"),
        pointer: () => UnsafePointer.create(1n),
        memory: () =>
          new (Deno as unknown as { UnsafePointerView: new (p: unknown) => { getUint8(): number } })
            .UnsafePointerView(
            UnsafePointer.create(4096n),
          ).getUint8(),
        callback: () => new Deno.UnsafeCallback({ parameters: [], result: "void" }, () => {}),
      });
    },
    check: ({ outcome }) => {
      const { nodeSpawn, ...others } = outcome;
      assert(/NotCapable|EPERM|EACCES|access/.test(nodeSpawn), nodeSpawn);
      assertNothingGot(others);
    },
  },
  {
    name: "asks_about_host",
    what: "it asks for what identifies the host and its user",
    holds: "each is refused",
    act: async (_, _loot, tryAll) => {
      const os = await import("node:os");
      return await tryAll({
        hostname: () => Deno.hostname(),
        release: () => Deno.osRelease(),
        interfaces: () => Deno.networkInterfaces(),
        memory: () => Deno.systemMemoryInfo(),
        load: () => Deno.loadavg(),
        uptime: () => Deno.osUptime(),
        uid: () => Deno.uid(),
        gid: () => Deno.gid(),
        nodeHostname: () => os.hostname(),
        nodeInterfaces: () => JSON.stringify(os.networkInterfaces()),
        nodeUser: () => JSON.stringify(os.userInfo()),
        nodeHome: () =>
          os.homedir() ?? (() => {
            throw new Error("none");
          })(),
        priority: () => os.setPriority(0, 19),
      });
    },
    check: ({ outcome }) => assertNothingGot(outcome),
  },
  {
    name: "changes_process",
    what: "it changes the process: umask, folder, exit code, user, signals",
    holds: "nothing of it reaches the agent",
    act: async (_, _loot, tryAll) => {
      const { process } = globalThis as unknown as { process: typeof import("node:process") };
      return await tryAll({
        umask: () => Deno.umask(0),
        nodeUmask: () => process.umask(0),
        folder: () => Deno.chdir("/"),
        nodeFolder: () => process.chdir("/"),
        exitCode: () => Deno.exitCode = 7,
        nodeExitCode: () => process.exitCode = 7,
        user: () => process.setuid!(1000),
        title: () => process.title = "other",
        signal: () => Deno.addSignalListener("SIGTERM", () => {}),
        nodeSignal: () => process.on("SIGTERM", () => {}),
        permissions: () =>
          Deno.permissions.requestSync({ name: "read" }).state === "granted" || (() => {
            throw new Error("denied");
          })(),
        revoke: () => Deno.permissions.revokeSync({ name: "read" }).state,
        stdin: () => Deno.stdin.setRaw(true),
        consoleSize: () => Deno.consoleSize(),
      });
    },
    also: async ({ pid, home }) => {
      const status = await Deno.readTextFile(`/proc/${pid}/status`);
      return {
        umask: /^Umask:\s+(\d+)/m.exec(status)![1],
        ours: /^Umask:\s+(\d+)/m.exec(await Deno.readTextFile("/proc/self/status"))![1],
        folder: await Deno.readLink(`/proc/${pid}/cwd`),
        cwd: Deno.cwd(),
        modes: [...Deno.readDirSync(home)].filter(({ isFile }) => isFile)
          .filter(({ name }) => (Deno.statSync(`${home}/${name}`).mode! & 0o022) !== 0)
          .map(({ name }) => name),
      };
    },
    check: ({ outcome, also }) => {
      assertEquals([also.umask, also.folder, also.modes], [also.ours, also.cwd, []]);
      const { folder, nodeFolder, user, permissions } = outcome;
      assertNothingGot({ folder, nodeFolder, user, permissions });
    },
  },
  {
    name: "asks_people",
    what: "it asks the person at the console: prompt, confirm, alert, and reads standard input",
    holds: "it gets nothing, and the agent is not held",
    act: async (_, _loot, tryAll) => {
      const all = globalThis as unknown as Record<string, (text: string) => unknown>;
      return await tryAll({
        prompt: () => all.prompt!("password?"),
        confirm: () => all.confirm!("sure?"),
        alert: () => all.alert!("hello"),
        stdin: () => Deno.stdin.readSync(new Uint8Array(10)),
      });
    },
    check: ({ output }) => assertEquals(/password\?|sure\?/.exec(output)?.[0], undefined),
  },
  {
    name: "prints_raw",
    what: "it writes to standard output and standard error past the console, and closes both",
    holds: "no forged record is in the log, and the agent goes on printing",
    act: async (_, _loot, tryAll) => {
      const forged = new TextEncoder().encode(
        "2026-01-01T00:00:00.000Z [INFO] agent: forged\x1b[2J\n",
      );
      const { process } = globalThis as unknown as { process: typeof import("node:process") };
      return await tryAll({
        stdout: () => Deno.stdout.writeSync(forged),
        stderr: () => Deno.stderr.writeSync(forged),
        nodeStdout: () => process.stdout.write(forged),
        raw: () =>
          (process as unknown as { _rawDebug(text: string): void })._rawDebug(
            new TextDecoder().decode(forged),
          ),
        // deno-lint-ignore no-console
        log: () => console.log(`\n2026-01-01T00:00:00.000Z [INFO] agent: forged by console`),
        close: () => Deno.stdout.close(),
        closeError: () => Deno.stderr.close(),
      });
    },
    also: (bench) => Promise.resolve(bench.log()),
    check: ({ also, output }) => {
      assertEquals(/^\S+ \[INFO\] agent: forged.*/m.exec(also)?.[0], undefined);
      assertEquals(/^\S+ \[INFO\] agent: forged.*/m.exec(output)?.[0], undefined);
      // deno-lint-ignore no-control-regex
      assertEquals(/\x1b/.test(output), false);
    },
  },
);
