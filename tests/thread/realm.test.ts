import { assertMatch } from "@std/assert";
import { join } from "node:path";

/** What a module finds that may read its own folder alone; `code` is the body of an async function. */
async function attack(code: string, imports = ""): Promise<string> {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "attack.js");
  await Deno.writeTextFile(file, `${imports}\nexport default async () => { ${code} };`);
  const source = new URL("../../", import.meta.url).pathname;
  const worker = new Worker(import.meta.resolve("./realm_worker.ts"), {
    type: "module",
    deno: {
      permissions: {
        read: [folder, source],
        ...{
          write: false,
          run: false,
          net: false,
          env: false,
          ffi: false,
          sys: false,
          import: false,
        },
      },
    },
  } as WorkerOptions);
  try {
    const answer = Promise.withResolvers<string>();
    worker.onmessage = ({ data }) => answer.resolve(String(data));
    worker.onerror = (event) => {
      event.preventDefault();
      answer.resolve(event.message);
    };
    worker.postMessage(file);
    return await answer.promise;
  } finally {
    worker.terminate();
    await Deno.remove(folder, { recursive: true });
  }
}

const ATTACKS: [what: string, code: string, answer: RegExp, imports?: string][] = [
  ["the internals", "return typeof Deno[Deno.internal]", /^undefined$/],
  ["a mask for files", "Deno.umask(0)", /^Deno\.umask is not available in a daemon: it changes/],
  ["another folder", "Deno.chdir('.')", /^Deno\.chdir is not available in a daemon: it changes/],
  ["a signal", "Deno.addSignalListener('SIGTERM', () => {})", /^Deno\.addSignalListener is not/],
  ["a signal by Node.js", "process.on('SIGTERM', () => {})", /addSignalListener is not available/],
  [
    "the agent's end",
    "Deno.kill(Deno.pid, 'SIGKILL')",
    /^Deno\.kill is not available for the agent/,
  ],
  [
    "its number, wrapped",
    "Deno.kill(Deno.pid + 2 ** 32, 'SIGKILL')",
    /^Deno\.kill is not available/,
  ],
  ["another's end", "Deno.kill(1, 0)", /^Requires run access/],
  ["its neighbour's end", "Deno.kill(Deno.pid - 1, 0)", /^Requires run access/],
  ["the agent's end by Node.js", "process.kill(process.pid, 9)", /^process\.kill is not available/],
  ["its end by _kill", "process._kill(process.pid, 9)", /^process\._kill is not available/],
  ["an end by Node.js", "process.abort()", /^process\.abort is not available in a daemon/],
  ["standard error by Node.js", "process._rawDebug('x')", /^process\._rawDebug is not available/],
  ["a binding", "process.binding('pipe_wrap')", /^process\.binding is not available in a daemon/],
  ["a hidden module", "process.getBuiltinModule('vm')", /^process\.getBuiltinModule is not/],
  [
    "a thread",
    "new Worker('data:,')",
    /^Worker is not available .*: context\.thread starts threads$/,
  ],
  [
    "a thread of another class",
    "new (class extends Worker {})('data:,')",
    /^Worker is not available/,
  ],
  [
    "a channel",
    "new BroadcastChannel('x')",
    /^BroadcastChannel is not available .*context\.state$/,
  ],
  ["a channel that nobody reads", "new MessageChannel()", /^MessageChannel is not available/],
  ["a message to the agent", "postMessage({ type: 'log' })", /^postMessage is not available/],
  ["a blob that stays", "URL.createObjectURL(new Blob(['x']))", /^URL\.createObjectURL is not/],
  ["a graphics card", "return typeof navigator.gpu", /^undefined$/],
  [
    "what was closed is not given back",
    "self.Worker = 1; return typeof Worker",
    /read only property/,
  ],
  ["eval", "return eval('1 + 1')", /^2$/],
  [
    "eval with an import",
    "return eval('imp' + 'ort(`node:vm`)')",
    /^Code made from text is not available/,
  ],
  ["a function of text", "return Function('return 3')()", /^3$/],
  ["a function with an import", "Function('im' + 'port(`x`)')", /^Code made from text is not/],
  [
    "a function's constructor",
    "(() => {}).constructor('im' + 'port(`x`)')",
    /^Code made from text is/,
  ],
  [
    "an async function",
    "(async () => {}).constructor('im' + 'port(`x`)')",
    /^Code made from text is/,
  ],
  [
    "the bare constructor",
    "Object.getPrototypeOf((async () => {}).constructor)('im' + 'port(`x`)')",
    /^Code made from text is not/,
  ],
  [
    "text that changes",
    "let n = 0; Function({ toString: () => n++ ? 'im' + 'port(`x`)' : 'return 4' })(); return n",
    /^1$/,
  ],
  ["a timer of text", "setTimeout('1', 1)", /^A timer needs a function$/],
  ["a timer", "return await new Promise((done) => setTimeout(done, 1, 5))", /^5$/],
  [
    "a port's method",
    "MessagePort.prototype.postMessage = () => {}",
    /^Cannot assign to read only property 'postMessage'/,
  ],
  [
    "an event's data",
    "Object.defineProperty(MessageEvent.prototype, 'data', { get() {} })",
    /not extensible/,
  ],
  ["what promises are resolved with", "Object.prototype.then = 1", /not extensible/],
  [
    "a class of old",
    "function A() {} A.prototype = Object.create(EventTarget.prototype); A.prototype.constructor = A; return 6",
    /^6$/,
  ],
  [
    "Node.js' process",
    "return process.platform === Deno.build.os || process.platform",
    /./,
    "import process from 'node:process';",
  ],
  ...[["descriptors", ""], ["descriptors, beside a plain module", "import 'node:path';"]].map(
    ([what = "", plain]): (typeof ATTACKS)[number] => [
      what,
      "return new Promise((done) => { const s = new net.Socket({ fd: 6 }); s.on('error', (e) => done(e.message)); setTimeout(done, 2_000, 'open'); })",
      /not available in a daemon|Not implemented/,
      `${plain} import net from 'node:net';`,
    ],
  ),
];

const NODE_MODULES = [
  ...[
    "assert",
    "async_hooks",
    "buffer",
    "child_process",
    "console",
    "crypto",
    "dgram",
    "dns",
    "events",
  ],
  ...[
    "fs",
    "fs/promises",
    "http",
    "http2",
    "https",
    "net",
    "os",
    "path",
    "perf_hooks",
    "querystring",
  ],
  ...["readline", "sqlite", "stream", "stream/promises", "stream/web", "string_decoder", "timers"],
  ...["timers/promises", "tls", "tty", "url", "util", "zlib", "diagnostics_channel", "constants"],
];

Deno.test("the modules of Node.js that a daemon can import load in a closed realm", async () => {
  const imports = NODE_MODULES.map((name, i) => `import * as m${i} from "node:${name}";`).join(
    "\n",
  );
  const code = `
    const { Readable } = await import("node:stream");
    let text = "";
    for await (const part of Readable.from(["a", "b"])) text += part;
    const { gzipSync, gunzipSync } = await import("node:zlib");
    text += gunzipSync(gzipSync("c"));
    const { EventEmitter } = await import("node:events");
    new EventEmitter().on("x", (d) => text += d).emit("x", "d");
    await fetch("data:text/plain,e").then(async (r) => text += await r.text());
    text += await new Response(new Blob(["f"]).stream().pipeThrough(new CompressionStream("gzip")).pipeThrough(new DecompressionStream("gzip"))).text();
    const { setTimeout } = await import("node:timers/promises");
    text += await setTimeout(1, "g");
    text += structuredClone({ h: "h" }).h + process.platform.length;
    return text;`;
  assertMatch(await attack(code, imports), /^abcdefgh\d+$/);
});

for (const [what, code, answer, imports] of ATTACKS) {
  Deno.test(`a daemon's module tries ${what}`, async () => {
    assertMatch(await attack(code, imports), answer);
  });
}
