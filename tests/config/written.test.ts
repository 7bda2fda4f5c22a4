import { assert, assertEquals } from "@std/assert";
import { withDefaults } from "../../lib/daemon/mod.ts";
import { defaultConfig } from "../../lib/config/schema.ts";
import { sampleConfig, writtenConfig } from "../../lib/config/written.ts";
import { builtin, complaints, parse } from "./parse.ts";

const defaults = withDefaults(builtin.get("icinga_agent_service")!, {});

Deno.test("what is in force is written as the file writes it, with every default", () => {
  const config = parse(
    '{ "daemons": { "icinga_agent_service": { "arguments": { "interval": "90s" } } } }',
  );
  assertEquals(writtenConfig(config, builtin), {
    daemons: {
      icinga_agent_service: {
        arguments: { ...defaults, interval: "90s" },
        enabled: true,
        restart: "on-failure",
        frozenAfter: "30s",
        memoryLimit: "256MB",
        failedRetry: "10m",
      },
    },
    threadPools: { MainPool: { max: 20 } },
    log: { level: "info", maxSize: "10MB", keep: 5 },
    serviceManager: { queryTimeout: "10s", changeTimeout: "1m", mode: "act" },
    control: { listen: "127.0.0.1:5664" },
    allowUnsafeHome: false,
    trustedWriters: [],
  });
});

Deno.test("what is written means the same when it is read again", () => {
  const text = `{
    "daemons": { "mine": { "module": "mine.ts", "arguments": { "x": 1 }, "enabled": false } },
    "threadPools": { "Slow": { "max": 2 } },
    "log": { "maxSize": "100000B" },
    "serviceManager": { "changeTimeout": "1500ms" },
    "control": { "listen": "off", "metrics": { "listen": "[::1]:9664", "user": "u", "passwordFile": "p", "textfile": "a.prom" } }
  }`;
  const again = JSON.stringify(writtenConfig(parse(text), builtin));
  assertEquals(parse(again), parse(text));
});

Deno.test("the sample is right, and equals the defaults with nothing left out", () => {
  const sample = parse(sampleConfig());
  assertEquals(writtenConfig(sample, builtin), writtenConfig(defaultConfig(), builtin));
  const { arguments: given } = sample.daemons.icinga_agent_service!;
  assertEquals(Object.keys(given), Object.keys(builtin.get("icinga_agent_service")!));
});

Deno.test("what the sample has as an example is right once it is no comment", () => {
  const example = sampleConfig().replace('// "disk_watch"', '"disk_watch"')
    .replace('// "$schema"', '"$schema"');
  assertEquals(complaints(example), []);
  assert(parse(example).daemons.disk_watch);
});

Deno.test("on Windows the lines of the sample end as Notepad shows them", () => {
  assertEquals(sampleConfig("windows").split("\r\n").join("\n"), sampleConfig("linux"));
  assertEquals(/(?<!\r)\n/.test(sampleConfig("windows")), false);
});
