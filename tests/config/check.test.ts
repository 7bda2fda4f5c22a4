import { assertEquals, assertMatch } from "@std/assert";
import { defaultConfig } from "../../lib/config/schema.ts";
import { complaints, parse } from "./parse.ts";

/** How a daemon is supervised of which nothing is said. */
const supervision = {
  restart: "on-failure",
  frozenAfter: 30_000,
  memoryLimit: 268_435_456,
  failedRetry: 600_000,
} as const;

Deno.test("an empty object means the defaults, complete", () => {
  assertEquals(parse("{}"), defaultConfig());
  assertEquals(defaultConfig(), {
    daemons: { icinga_agent_service: { arguments: {}, enabled: true, ...supervision } },
    threadPools: { MainPool: { max: 20 } },
    log: { level: "info", maxSize: 10_485_760, keep: 5 },
    serviceManager: { queryTimeout: 10_000, changeTimeout: 60_000, mode: "act" },
    control: { listen: { hostname: "127.0.0.1", port: 5664 } },
    allowUnsafeHome: false,
    trustedWriters: [],
  });
});

Deno.test("the defaults are made anew each time", () => {
  defaultConfig().daemons.icinga_agent_service!.arguments.service = "changed";
  assertEquals(parse("{}").daemons.icinga_agent_service!.arguments, {});
});

Deno.test("what is written goes before the defaults", () => {
  const config = parse(`{
    "$schema": "anything",
    "daemons": { "disk_watch": { "module": "daemons/disk_watch.ts", "arguments": { "drive": ["C:", { "x": 1 }] } } },
    "threadPools": { "Slow": { "max": 1 }, "Other": {} },
    "log": { "level": "fatal", "keep": 100 },
    "serviceManager": { "queryTimeout": "1ms" },
    "control": { "listen": "off", "metrics": { "listen": "[::]:9664" } }
  }`);
  assertEquals(config, {
    $schema: "anything",
    daemons: {
      disk_watch: {
        module: "daemons/disk_watch.ts",
        arguments: { drive: ["C:", { x: 1 }] },
        enabled: true,
        ...supervision,
      },
    },
    threadPools: { MainPool: { max: 20 }, Slow: { max: 1 }, Other: { max: 20 } },
    log: { level: "fatal", maxSize: 10_485_760, keep: 100 },
    serviceManager: { queryTimeout: 1, changeTimeout: 60_000, mode: "act" },
    control: {
      listen: undefined,
      metrics: { listen: { hostname: "::", port: 9664 }, every: 60_000 },
    },
    allowUnsafeHome: false,
    trustedWriters: [],
  });
  assertEquals(parse('{ "threadPools": { "MainPool": { "max": 3 } } }').threadPools, {
    MainPool: { max: 3 },
  });
});

Deno.test("daemons that are listed are exactly those that run", () => {
  assertEquals(parse('{ "daemons": {} }').daemons, {});
});

Deno.test("every problem is said at once, in the order of the file", () => {
  const text = `{
  "daemons": {
    "icinga_agent_service": {
      "arguments": { "interwal": "5s", "service": "a/b", "interval": "0s" },
      "enbled": true
    },
    "disk": { "enabled": "yes" },
    "Disk": {},
    "mine": { "module": "../mine.ts", "arguments": [] }
  },
  "threadPools": { "MainPool": { "max": 0 }, "my pool": { "max": 1.5 } },
  "log": { "levle": "info", "level": "loud", "maxSize": "1KB", "keep": 101, "zzzzzzzz": 1 },
  "serviceManager": { "queryTimeout": "0s", "changeTimeout": "2h" },
  "deamons": {}
}`;
  assertEquals(complaints(text), [
    '4:22: daemons.icinga_agent_service.arguments.interwal: unknown argument; did you mean "interval"?',
    '4:51: daemons.icinga_agent_service.arguments.service: got "a/b"; expected the name of a service, without a slash or backslash',
    '4:70: daemons.icinga_agent_service.arguments.interval: got "0s"; expected a duration such as 500ms, 5s, 2m or 1h, from 100ms to 1h',
    '5:7: daemons.icinga_agent_service.enbled: unknown key; did you mean "enabled"?',
    '7:26: daemons.disk.enabled: got "yes"; expected true or false',
    "8:5: daemons.Disk: unusable name; expected small letters, digits and _, a letter first, at most 64",
    '9:25: daemons.mine.module: got "../mine.ts"; expected a path in home or an absolute path',
    "9:52: daemons.mine.arguments: got an empty array; expected an object: { ... }",
    "11:41: threadPools.MainPool.max: got 0; expected a whole number, at least 1",
    '11:46: threadPools."my pool": unusable name; expected letters, digits and _, a letter first, at most 64',
    '11:66: threadPools."my pool".max: got 1.5; expected a whole number, at least 1',
    '12:12: log.levle: unknown key; did you mean "level"?',
    '12:38: log.level: got "loud"; expected one of "trace", "debug", "info", "warning", "error", "fatal"',
    '12:57: log.maxSize: got "1KB"; expected a size such as 64KB, 10MB or 1GB, from 64KB to 1024GB',
    "12:72: log.keep: got 101; expected a whole number, from 1 to 100",
    "12:77: log.zzzzzzzz: unknown key; known: level, maxSize, keep",
    '13:39: serviceManager.queryTimeout: got "0s"; expected a duration such as 500ms, 5s, 2m or 1h, from 1ms to 1h',
    '13:62: serviceManager.changeTimeout: got "2h"; expected a duration such as 500ms, 5s, 2m or 1h, from 1ms to 1h',
    '14:3: deamons: unknown key; did you mean "daemons"?',
  ]);
});

Deno.test("what stands in an object's place is one problem, whatever is in it", () => {
  const expected = "expected an object: { ... }";
  assertEquals(complaints("[1, 2]"), [`1:1: got an array; ${expected}`]);
  assertEquals(complaints('"x"'), [`1:1: got "x"; ${expected}`]);
  assertEquals(complaints("null"), [`1:1: got null; ${expected}`]);
  assertEquals(complaints('{ "log": [], "daemons": [{}], "threadPools": { "MainPool": 3 } }'), [
    `1:10: log: got an empty array; ${expected}`,
    `1:25: daemons: got an array; ${expected}`,
    `1:60: threadPools.MainPool: got 3; ${expected}`,
  ]);
  assertEquals(complaints('{ "daemons": { "icinga_agent_service": { "arguments": null } } }'), [
    `1:55: daemons.icinga_agent_service.arguments: got null; ${expected}`,
  ]);
});

Deno.test("a placeholder, which grants nothing here, is refused in permissions; braces of a value are none", () => {
  const daemon = (rest: object) => JSON.stringify({ daemons: { x: { module: "x.ts", ...rest } } });
  const expected = (name: string) =>
    `expected the value itself for ${name}: only in a module do braces stand for one`;
  const text = daemon({
    arguments: { drive: "/data" },
    permissions: {
      read: ["/ok", "{foo}/x", "{drive}"],
      net: ["a.{home}:80", 7, ["{no}"], "{12-34}"],
    },
  });
  const said = complaints(text).filter((line) => !line.includes("text in double quotes"));
  assertEquals(said, [
    `1:93: daemons.x.permissions.read.1: got "{foo}/x"; ${expected("{foo}")}`,
    `1:103: daemons.x.permissions.read.2: got "{drive}"; ${expected("{drive}")}`,
    `1:121: daemons.x.permissions.net.0: got "a.{home}:80"; ${expected("{home}")}`,
  ]);
  const odd = { arguments: { folder: "C:\\{foo}" }, permissions: { read: ["C:\\{foo}"] } };
  assertEquals(complaints(daemon(odd)), []);
  assertEquals(complaints(daemon({ permissions: [] })).length, 1);
  assertEquals(complaints(daemon({ permissions: { read: "{a}", reed: ["{a}"] } })).length, 2);
});

Deno.test("the names that objects inherit are unknown like others", () => {
  assertEquals(complaints('{ "toString": 1, "log": { "valueOf": 1 } }'), [
    "1:3: toString: unknown key; known: $schema, daemons, threadPools, log, serviceManager, control, allowUnsafeHome, trustedWriters",
    "1:27: log.valueOf: unknown key; known: level, maxSize, keep",
  ]);
  assertEquals(complaints('{ "__proto__": { "log": 1 } }'), [
    "1:3: __proto__: reserved name; expected another name",
  ]);
});

Deno.test("numbers beyond what can be held are refused", () => {
  assertEquals(complaints('{ "threadPools": { "MainPool": { "max": 1e999 } } }'), [
    "1:41: threadPools.MainPool.max: got a number too large to hold; expected a whole number, at least 1",
  ]);
  assertEquals(complaints(`{ "log": { "maxSize": "${"9".repeat(20)}GB" } }`).length, 1);
});

Deno.test("the arguments of a module are left to the module", () => {
  const own =
    '{ "daemons": { "mine": { "module": "mine.ts", "arguments": { "any": { "x": [1] } } } } }';
  assertEquals(complaints(own), []);
});

Deno.test("a name may have 64 letters and no more", () => {
  const named = (name: string) => `{ "daemons": { "${name}": { "module": "x.ts" } } }`;
  assertEquals(complaints(named("d".repeat(64))), []);
  for (const name of ["d".repeat(65), "", "1d", "_d", "D", "d-x", "d.x", "dé"]) {
    assertEquals(complaints(named(name)).length, 1, name);
  }
});

Deno.test("a hundred thousand wrong entries are a hundred lines and a count", () => {
  const names = Array.from({ length: 70_000 }, (_, i) => `"d${i}":1`);
  const lines = complaints(`{"daemons":{${names}}}`);
  assertEquals(lines.length, 101);
  assertEquals(lines[100], "69900 more problems");
});

Deno.test("what is served is checked, each key with what it needs beside it", () => {
  const control = (text: string) => complaints(`{ "control": ${text} }`);
  const cases: [text: string, complaint: RegExp][] = [
    [
      '{ "listen": "0.0.0.0:5664" }',
      /control\.listen: got "0\.0\.0\.0:5664"; expected "127\.0\.0\.1:PORT"/,
    ],
    ['{ "listen": "127.0.0.1:65536" }', /control\.listen: got .*; expected "127\.0\.0\.1:PORT"/],
    ['{ "listen": 5664 }', /control\.listen: got 5664; expected/],
    [
      '{ "listen": "127.0.0.1:9664", "metrics": { "listen": "0.0.0.0:9664" } }',
      /control\.metrics\.listen: got "0\.0\.0\.0:9664"; expected another port: control\.listen has/,
    ],
    ['{ "metrics": {} }', /control\.metrics: .*expected "listen" or "textfile" in it/],
    [
      '{ "metrics": { "textfile": "icinga-warden.txt" } }',
      /control\.metrics\.textfile: got "icinga-warden.txt"; expected a path that ends in \.prom/,
    ],
    [
      '{ "metrics": { "textfile": "a.prom", "every": "100ms" } }',
      /control\.metrics\.every: got "100ms"; expected a duration/,
    ],
    [
      '{ "metrics": { "textfile": "a.prom", "user": "u", "passwordFile": "p" } }',
      /control\.metrics\.user: got "u"; expected "listen" as well/,
    ],
    [
      '{ "metrics": { "listen": "9664" } }',
      /control\.metrics\.listen: got "9664"; expected "HOST:PORT"/,
    ],
    [
      '{ "metrics": { "listen": "[::]:9664", "user": "x" } }',
      /control\.metrics\.user: got "x"; expected "passwordFile" as well/,
    ],
    [
      '{ "metrics": { "listen": "[::]:9664", "user": "u:x", "passwordFile": "p" } }',
      /control\.metrics\.user: got "u:x"; expected a name without ":"/,
    ],
    [
      '{ "metrics": { "listen": "[::]:9664", "keyFile": "x" } }',
      /control\.metrics\.keyFile: got "x"; expected "certFile" as well/,
    ],
    [
      '{ "metrics": { "listen": "[::]:9664", "passwordFile": "x" } }',
      /control\.metrics\.passwordFile: got "x"; expected "user" as well/,
    ],
    [
      '{ "metrics": { "listen": "[::]:9664", "certFile": "x" } }',
      /control\.metrics\.certFile: got "x"; expected "keyFile" as well/,
    ],
    [
      '{ "metrics": { "textfile": "a.prom", "certFile": "x", "keyFile": "y" } }',
      /control\.metrics\.certFile: got "x"; expected "listen" as well/,
    ],
    ['{ "metrics": { "textfile": ".prom" } }', /textfile: got "\.prom"; expected a path that ends/],
    ['{ "metrics": { "listen": "a:65536" } }', /listen: got "a:65536"; expected "HOST:PORT"/],
    ...["127.0.0.1", "localhost", "[::]"].map((host): [string, RegExp] => [
      `{ "metrics": { "listen": "${host}:5664" } }`,
      /control\.metrics\.listen: got .*; expected another port: control\.listen has this one/,
    ]),
    [
      '{ "metrics": { "listen": "a:1", "password": "x" } }',
      /control\.metrics\.password: unknown key/,
    ],
  ];
  for (const [text, complaint] of cases) {
    const said = control(text);
    assertEquals(said.length, 1, said.join("\n"));
    assertMatch(said[0]!, complaint);
  }
  assertEquals(control('{ "listen": "off", "metrics": { "listen": "[::1]:0" } }'), []);
  assertEquals(control('{ "listen": "off", "metrics": { "listen": "127.0.0.1:5664" } }'), []);
  assertEquals(control('{ "metrics": { "listen": "10.0.0.1:5664" } }'), []);
  assertEquals(control('{ "listen": "127.0.0.1:0", "metrics": { "listen": "[::]:0" } }'), []);
  assertEquals(control('{ "listen": "127.0.0.1:65535", "metrics": { "listen": "a:65534" } }'), []);
  assertEquals(control('{ "metrics": { "textfile": "C:\\\\a.prom", "every": "15s" } }'), []);
});

Deno.test("a schedule and its time zone are checked", () => {
  const written = (entry: object) => JSON.stringify({ daemons: { tidy: entry } });
  const right = { schedule: "0 3 * * 1-5", timeZone: "Europe/Berlin" };
  const { schedule, timeZone } = parse(written(right)).daemons.tidy!;
  assertEquals({ schedule, timeZone }, right);
  const cases: [entry: object, complaint: RegExp][] = [
    [{ schedule: "0 3 * *" }, /schedule: got "0 3 \* \*"; it has 4 fields; expected cron's five/],
    [{ schedule: " " }, /schedule: got " "; it has 0 fields; expected cron's five fields/],
    [{ schedule: "" }, /schedule: got ""; expected text that is not empty/],
    [{ schedule: "0 25 * * *" }, /Invalid value for hour: 25; expected cron's five fields/],
    [
      { schedule: " 0 3  * * * ", timeZone: "Mars" },
      /timeZone: got "Mars"; there is no time zone 'Mars'; expected one such as Europe\/Berlin/,
    ],
  ];
  for (const [entry, complaint] of cases) {
    const told = complaints(written(entry));
    assertEquals(told.length, 1);
    assertMatch(told[0]!, complaint);
  }
});

Deno.test("what version 0.2.0 took and is harmless keeps no agent from starting", () => {
  const said = (daemons: object) => complaints(JSON.stringify({ daemons }));
  const tidy = [{ schedule: "@daily" }, { schedule: "0 0 3 * * 1" }, { timeZone: "UTC" }];
  for (const entry of tidy) assertEquals(said({ tidy: entry }), []);
  const given: [module: string, args: object][] = [
    ["disk_space", { warning: "4%" }],
    ["disk_space", { disks: ["C:", "c:"] }],
    ["certificate_expiry", {}],
    ["certificate_expiry", { hosts: ["a"], files: ["a.pem"], warning: "6d" }],
    ["http_check", { url: "http://u:p@a", slow: "1m" }],
    ["http_check", { url: "http://a", slow: "0s" }],
    ["heartbeat", { file: "logs/beat.json" }],
    ["heartbeat", { file: "state.json" }],
    ["program_check", { program: "./x" }],
    ["icinga_report", { user: "u" }],
  ];
  for (const [module, args] of given) {
    assertEquals(said({ x: { module, arguments: args, schedule: "0 3 * * *" } }), [], module);
  }
});

Deno.test("each number, duration and size has its bounds, which themselves may be written", () => {
  const entry = (key: string) => (value: unknown) => ({ daemons: { own: { [key]: value } } });
  const rows: [write: (value: unknown) => unknown, right: unknown[], wrong: unknown[]][] = [
    [entry("frozenAfter"), ["200ms", "1d"], ["199ms", "1441m"]],
    [entry("failedRetry"), ["1s", "1d"], ["999ms", "1441m"]],
    [
      (every) => ({ control: { metrics: { textfile: "a.prom", every } } }),
      ["1s", "60m"],
      ["999ms", "61m"],
    ],
    [entry("permissions"), [{ read: [] }, { net: ["a"] }], [{ read: [""] }, { read: "a" }, []]],
    [(allowUnsafeHome) => ({ allowUnsafeHome }), [true, false], ["true", 1]],
    [(trustedWriters) => ({ trustedWriters }), [[], ["a"]], ["a", [""], [1]]],
    [
      (name) => ({ threadPools: { [String(name)]: {} } }),
      ["P", "a_1", "p".repeat(64)],
      ["_p", "1p", "p-1", "", "p".repeat(65)],
    ],
    [entry("memoryLimit"), ["16MB", "8GB", "1024GB"], ["15MB", "16383KB", "1025GB"]],
    [(maxSize) => ({ log: { maxSize } }), ["64KB", "1GB", "1024GB"], [
      "63KB",
      "1025GB",
      "999999999999GB",
    ]],
    [(keep) => ({ log: { keep } }), [1, 100], [0, 101, 1.5]],
    [(max) => ({ threadPools: { MainPool: { max } } }), [1, 1_000], [0]],
    [(queryTimeout) => ({ serviceManager: { queryTimeout } }), ["1ms", "1h"], ["0s", "61m"]],
  ];
  for (const [write, right, wrong] of rows) {
    for (const value of right) parse(JSON.stringify(write(value)));
    for (const value of wrong) {
      const text = JSON.stringify(write(value));
      assertEquals(complaints(text).length, 1, text);
    }
  }
});
