import { assertEquals } from "@std/assert";
import { describeFailure } from "../../lib/thread/describe_error.ts";

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
