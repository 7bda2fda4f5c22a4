import { assertEquals } from "@std/assert";
import { writtenConfig } from "../../lib/config/written.ts";
import { builtin, parse } from "./parse.ts";

Deno.test("what is in force is written as the file writes it, with every default", () => {
  const config = parse(
    '{ "daemons": { "icinga_agent_service": { "arguments": { "interval": "90s" } } } }',
  );
  assertEquals(writtenConfig(config, builtin), {
    daemons: {
      icinga_agent_service: {
        arguments: { service: "icinga2", interval: "90s" },
        enabled: true,
        restart: "on-failure",
        frozenAfter: "30s",
        memoryLimit: "256MB",
        failedRetry: "10m",
      },
    },
    threadPools: { MainPool: { max: 20 } },
    log: { level: "info", maxSize: "10MB", keep: 5 },
    serviceManager: { queryTimeout: "10s", changeTimeout: "1m" },
    control: { listen: "127.0.0.1:5664" },
    allowUnsafeHome: false,
  });
});

Deno.test("what is written means the same when it is read again", () => {
  const text = `{
    "daemons": { "mine": { "module": "mine.ts", "arguments": { "x": 1 }, "enabled": false } },
    "threadPools": { "Slow": { "max": 2 } },
    "log": { "maxSize": "100000B" },
    "serviceManager": { "changeTimeout": "1500ms" },
    "control": { "listen": "off", "metrics": { "listen": "[::1]:9664", "user": "u", "passwordFile": "p" } }
  }`;
  const again = JSON.stringify(writtenConfig(parse(text), builtin));
  assertEquals(parse(again), parse(text));
});
