import { assertEquals } from "@std/assert";
import {
  describeFailure,
  describeLoadError,
  describeStack,
} from "../../lib/thread/describe_error.ts";

const HOME = "/srv/warden";

/** An error with a stack of its own. */
function thrown(error: Error, ...places: string[]): Error {
  error.stack = [String(error), ...places.map((place) => `    at x (${place})`)].join("\n");
  return error;
}

Deno.test("a failure is told with its class, and with the file and line of the daemon's own code", () => {
  const inside = new URL("../../lib/daemon/context.ts", import.meta.url).href;
  const builtin = new URL("../../daemons/icinga_agent_service.ts", import.meta.url).href;
  const own = "file:///srv/warden/daemons/deep.js:4:12";
  const cases: [error: unknown, text: string][] = [
    [thrown(new TypeError("x is none"), own), "TypeError: x is none (daemons/deep.js:4:12)"],
    [thrown(new Error("boom"), `${inside}:1:1`, own), "boom (daemons/deep.js:4:12)"],
    [thrown(new Error("boom"), `${builtin}:9:9`), "boom"],
    [thrown(new Error("far"), "file:///srv/wardens/x.js:1:2"), "far (/srv/wardens/x.js:1:2)"],
    [thrown(new RangeError(""), own), "RangeError (daemons/deep.js:4:12)"],
    [Object.assign(thrown(new Error("odd"), own), { name: "a\nb" }), "odd (daemons/deep.js:4:12)"],
    ["text", "a thrown text, which is no Error"],
    [undefined, "a thrown undefined, which is no Error"],
    [
      Object.defineProperty(new Error("trap"), "stack", {
        get() {
          throw new Error("no");
        },
      }),
      "trap",
    ],
  ];
  for (const [error, text] of cases) assertEquals(describeFailure(error, HOME), text);
});

Deno.test("why a module cannot be loaded is told with the place, which an exe leaves out", () => {
  const file = "/srv/warden/daemons/x.js";
  const other = "/srv/warden/daemons/other.js";
  const texts = new Map([
    [file, `import "./other.js";\nimport assert from "@std/assert";\n`],
    [other, `// Imports what is not there.\nexport * from "./gone.js";\nimport "lodash";\n`],
  ]);
  const gone = "file:///srv/warden/daemons/gone.js";
  const missing = `${other}:2:15: cannot find /srv/warden/daemons/gone.js, which it imports`;
  const own = "file:///srv/warden/daemons/x.js:3:14";
  const cases: [error: unknown, text: string][] = [
    [
      thrown(new TypeError(`Module not found "${gone}".\n    at file:///srv/a.js:1:8`)),
      missing.replace(`${other}:2:15`, "/srv/a.js:1:8"),
    ],
    [thrown(new TypeError(`Module not found "${gone}".`)), missing],
    [thrown(new TypeError(`Module not found: ${gone}`)), missing],
    [
      thrown(new TypeError(`Module not found "file://${file}".`)),
      `${file}: is not there; expected a daemon's module`,
    ],
    [
      thrown(new TypeError(`Module not found "file:///elsewhere.js".`)),
      `${file}: cannot find /elsewhere.js, which it imports`,
    ],
    [
      thrown(new TypeError(`Import "lodash" not a dependency`)),
      `${other}:3:8: cannot import "lodash"; known: `,
    ],
    [
      thrown(new TypeError(`Import "left-pad" not a dependency`)),
      `${file}: cannot import "left-pad"; known: `,
    ],
    [
      thrown(new SyntaxError(`Unexpected token ';' at ${own}`)),
      `/srv/warden/daemons/x.js:3:14: Unexpected token ';'`,
    ],
    [thrown(new SyntaxError("Unexpected token")), `${file}: Unexpected token`],
    [thrown(new TypeError("\x1b[31mSyntaxError: \x1b[0mbad")), `${file}: bad`],
    [
      thrown(new Error("boom\nmore"), own),
      "/srv/warden/daemons/x.js:3:14: boom (thrown while it was loaded)",
    ],
    [
      thrown(new RangeError(""), own),
      "/srv/warden/daemons/x.js:3:14: RangeError (thrown while it was loaded)",
    ],
    [undefined, `${file}: threw undefined while loading`],
    [{ message: 7 }, `${file}: threw { message: 7 } while loading`],
  ];
  for (const [error, text] of cases) {
    assertEquals(describeLoadError(error, file, texts).slice(0, text.length), text);
  }
});

Deno.test("the calls of a failure are those of the daemon's own code, relative to home, twenty at most", () => {
  const inside = new URL("../../lib/daemon/context.ts", import.meta.url).href;
  const places = Array.from(
    { length: 30 },
    (_, i) => `file:///srv/warden/daemons/deep.js:${i + 1}:2`,
  );
  const stack = describeStack(thrown(new Error("boom"), `${inside}:1:1`, ...places), HOME);
  assertEquals([stack.length, stack[0], stack[19]], [
    20,
    "x (daemons/deep.js:1:2)",
    "x (daemons/deep.js:20:2)",
  ]);
  assertEquals(describeStack("boom", HOME), []);
});
