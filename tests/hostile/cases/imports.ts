import { assert } from "@std/assert";
import { type Attempt, attempts } from "../attempt.ts";

/** What a module does to get at something by an import, by the daemon's name. */
const IMPORTS: Record<string, string> = {
  json:
    `import secret from "../../outside/secret.json" with { type: "json" }; globalThis.x = secret;`,
  script: `import "../../outside/secret.js";`,
  text: `import "../../outside/secret.txt";`,
  spaced: `import "../../outside/spaced.txt";`,
  quoted: `await import("../../outside/quoted.txt");`,
  token: `import "../control.token";`,
  token_as_json:
    `import token from "../control.token" with { type: "json" }; globalThis.x = token;`,
  monitor_token: `import "../monitor.token";`,
  configuration: `import "../icinga-warden.json";`,
  environment: `import "/proc/self/environ";`,
  device: `import "/dev/zero";`,
  computed: `const at = "../../outside/secret"; await import(at + ".js");`,
  in_eval: `await eval('import("../../outside/secret.js")');`,
  in_function: `await new Function('return import("../../outside/secret.js")')();`,
  in_async_function:
    `await (async () => {}).constructor('return import("../../outside/secret.js")')();`,
  in_timer: `setTimeout('import("../../outside/secret.js")');`,
  escaped: `await import("../../outside/\\u0073ecret.js");`,
  commented: `await import/* a */(/* b */ "../../outside/secret.js" /* c */);`,
  exported: `export * from "../../outside/secret.js";`,
  data: `import "data:text/javascript,export default 1";`,
  remote: `import "https://127.0.0.1:9/x.js";`,
  npm: `import "npm:chalk@5";`,
  jsr: `import "jsr:@std/fs";`,
  ext: `import "ext:core/ops";`,
  node_internal: `import "node:internal/test/binding";`,
  node_module: `import { createRequire } from "node:module"; createRequire("file:///x.js");`,
  node_v8: `import { getHeapSnapshot } from "node:v8"; getHeapSnapshot();`,
  node_vm: `import vm from "node:vm"; vm.runInThisContext("1");`,
  node_workers: `import { Worker } from "node:worker_threads"; new Worker("1", { eval: true });`,
  node_cluster: `import cluster from "node:cluster"; cluster.fork();`,
  node_inspector: `import { Session } from "node:inspector"; new Session().connect();`,
  node_wasi:
    `import { WASI } from "node:wasi"; new WASI({ version: "preview1", preopens: { "/": "/" } });`,
  bare_vm: `import vm from "vm"; vm.runInThisContext("1");`,
};

const IN_WORDS: Record<string, string> = {
  in_eval: "text that eval compiles",
  in_function: "text that Function compiles",
  in_async_function: "text that an async function's constructor compiles",
  in_timer: "text that a timer is given",
};

function attempt([name, text]: [string, string]): Attempt {
  return {
    name: `imports_${name}`,
    what: `its module has ${IN_WORDS[name] ?? `an import (${name.replaceAll("_", " ")})`}: ${text}`,
    holds: "it is not run, one line says so, and nothing shows of what it imports",
    module: `${text}
export default { name: "imports_${name}", description: "", run: (context) => {
  context.log.info("imported it");
  return context.every(1_000, () => {});
} };`,
    silent: true,
    logged: [new RegExp(`\\[ERROR\\] agent: Daemon 'imports_${name}' cannot run: `)],
    notLogged: [new RegExp(`imports_${name}::run::Main::0`)],
    check: ({ output }) => {
      const lines = output.split("\n").filter((line) => line.includes(`imports_${name}`));
      assert(lines.every((line) => line.length < 1_000));
    },
  };
}

export default attempts(...Object.entries(IMPORTS).map(attempt));
