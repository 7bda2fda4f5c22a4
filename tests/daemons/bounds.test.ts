import { assertEquals } from "@std/assert";
import { builtinArguments } from "../../daemons/mod.ts";

/** What administrators rely on of each argument: its default, the least and the most that it takes; null: none. */
const BOUNDS: Record<string, Record<string, [preset: unknown, least: unknown, most: unknown]>> = {
  icinga_agent_service: {
    service: ["icinga2", null, null],
    interval: ["5s", "100ms", "1h"],
    stableAfter: ["60s", "1s", "1d"],
    maxRestarts: [5, 0, 1000],
    backoff: ["10s", "0s", "5m"],
    pendingLimit: ["60s", "1s", "1h"],
    whenDisabled: ["warn", null, null],
    endStuck: [false, null, null],
    mode: ["act", null, null],
    dataDir: ["", null, null],
    probes: [[], null, null],
    repair: [[], null, null],
  },
  service_watch: {
    services: [null, 1, null],
    interval: ["5s", "100ms", "1h"],
    stableAfter: ["60s", "1s", "1d"],
    maxRestarts: [5, 0, 1000],
    backoff: ["10s", "0s", "5m"],
    pendingLimit: ["60s", "1s", "1h"],
    whenDisabled: ["warn", null, null],
    endStuck: [false, null, null],
    mode: ["act", null, null],
    dataDir: ["", null, null],
    probes: [[], null, null],
    repair: [[], null, null],
  },
  heartbeat: {
    interval: ["30s", "100ms", "1h"],
    file: ["", null, null],
  },
  icinga_report: {
    every: ["5m", "1s", "1h"],
    parents: [[], null, null],
    host: ["", null, null],
    cert: ["", null, null],
    key: ["", null, null],
    ca: ["", null, null],
    user: ["", null, null],
    passwordFile: ["", null, null],
    dataDir: ["", null, null],
  },
  disk_space: {
    disks: [[], null, null],
    warning: ["10%", null, null],
    critical: ["5%", null, null],
    interval: ["1m", "1s", null],
  },
  certificate_expiry: {
    hosts: [[], null, null],
    files: [[], null, null],
    warning: ["21d", null, null],
    critical: ["7d", null, null],
    interval: ["1h", "1s", null],
  },
  http_check: {
    status: [0, 0, 599],
    contains: ["", null, null],
    slow: ["5s", null, null],
    timeout: ["10s", null, null],
    retries: [1, 0, 10],
    interval: ["1m", "1s", null],
  },
  program_check: {
    args: [[], null, null],
    timeout: ["30s", null, null],
    interval: ["1m", "1s", null],
  },
};

Deno.test("the arguments of built-in daemons have these defaults and bounds", () => {
  const found = [...builtinArguments].map(([name, specs]) => {
    const bounds = Object.entries(specs).map(([argument, spec]) => {
      const { min, max, minItems } = spec as Partial<Record<string, unknown>>;
      return [argument, [spec.default ?? null, min ?? minItems ?? null, max ?? null]] as const;
    });
    return [
      name,
      Object.fromEntries(bounds.filter(([, [...of]]) => of.some((one) => one !== null))),
    ];
  });
  assertEquals(Object.fromEntries(found), BOUNDS);
});
