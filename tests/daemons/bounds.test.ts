import { assertEquals } from "@std/assert";
import { builtinArguments } from "../../daemons/mod.ts";
import { describeProblem } from "../../lib/base/mod.ts";
import { readArguments } from "../../lib/daemon/arguments.ts";

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
    timeout: ["10s", "1ms", null],
    retries: [1, 0, 10],
    interval: ["1m", "1s", null],
  },
  program_check: {
    args: [[], null, null],
    timeout: ["30s", "1ms", null],
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

/** What is said about arguments; undefined: they are right. */
const CHECKED: [daemon: string, given: object, said: string | undefined][] = [
  [
    "certificate_expiry",
    {},
    "hosts: got an empty array; add hosts or files: else none is looked at",
  ],
  ["certificate_expiry", { hosts: ["a", "a.b:65535", "[::1]", "[::1]:1"] }, undefined],
  ...["127.0.0.1:99999", "a:65536", "a:0", "::1", "a b", "a:", ""].map((host) => (
    [
      "certificate_expiry",
      { hosts: [host] },
      `hosts.0: got "${host}"; expected HOST or HOST:PORT`,
    ] as [
      string,
      object,
      string,
    ]
  )),
  ["certificate_expiry", { files: ["C:\\a.pem", "\\\\s\\a.pem", "/a.pem"] }, undefined],
  [
    "certificate_expiry",
    { files: ["/a.pem", "a.pem"] },
    "files: got an array; 'a.pem' is relative; expected an absolute path",
  ],
  ["certificate_expiry", { files: ["C:a.pem"] }, "files: got an array; 'C:a.pem' is relative"],
  ["certificate_expiry", { hosts: ["a"], warning: "7d" }, undefined],
  [
    "certificate_expiry",
    { hosts: ["a"], warning: "6d" },
    'critical: got "7d"; expected at most 6d, which warning has',
  ],
  ["disk_space", { warning: "5%" }, undefined],
  ["disk_space", { warning: "4%" }, 'critical: got "5%"; expected at most 4%, which warning has'],
  ["disk_space", { warning: "1GB", critical: "1024MB" }, undefined],
  [
    "disk_space",
    { warning: "1GB", critical: "1025MB" },
    'critical: got "1025MB"; expected at most',
  ],
  ["disk_space", { warning: "1GB" }, undefined],
  ["disk_space", { critical: "90GB" }, undefined],
  ["program_check", { program: "" }, 'program: got ""; expected a program'],
  ["program_check", { program: " " }, 'program: got " "; expected a program'],
  ["program_check", { program: "a", timeout: "0s" }, 'timeout: got "0s"; expected a duration'],
  ["program_check", { program: "./x" }, 'program: got "./x"; expected an absolute path, or a name'],
  ["program_check", { program: "x\\y" }, 'program: got "x\\\\y"; expected an absolute path'],
  ["program_check", { program: "C:\\x.exe" }, undefined],
  ["program_check", { program: "/x" }, undefined],
  ["program_check", { program: "x.exe" }, undefined],
  ["http_check", { url: "http://u:p@a" }, 'url: got "http://u:***@a"; expected an address without'],
  [
    "http_check",
    { url: "http://a", slow: "20s", timeout: "10s" },
    'slow: got "20s"; expected less than timeout',
  ],
  ["http_check", { url: "http://a", slow: "19999ms", timeout: "10s" }, undefined],
  [
    "http_check",
    { url: "http://a", slow: "1s", timeout: "1s", retries: 0 },
    'slow: got "1s"; expected less than timeout',
  ],
  ["icinga_report", { user: "u" }, 'user: got "u"; expected passwordFile as well'],
  ["icinga_report", { user: "u", passwordFile: "p" }, undefined],
  ["disk_space", { disks: ["C:", "D:"] }, undefined],
  ["disk_space", { disks: ["C:", "D:", "d:"] }, "disks: got an array; 'd:' is named twice"],
  ["heartbeat", { file: "state.json" }, 'file: got "state.json"; expected another file'],
  ["http_check", { url: "http://a", timeout: "0s" }, 'timeout: got "0s"; expected a duration'],
  [
    "icinga_report",
    { parents: ["nonsense"] },
    'parents.0: got "nonsense"; expected "ENDPOINT=HOST"',
  ],
  ["icinga_report", { parents: ["master=a:5665"] }, undefined],
];

Deno.test("arguments with which a daemon could never do its work are refused before it runs", () => {
  for (const [name, given, said] of CHECKED) {
    const { problems, warnings } = readArguments(builtinArguments.get(name)!, given);
    const [first] = [...problems, ...warnings].map(describeProblem);
    assertEquals(first?.slice(0, said?.length), said, JSON.stringify(given));
  }
});
