/** A daemon to begin with. */
export function moduleTemplate(name: string, extension: ".js" | ".ts"): string {
  const type = extension === ".ts" ? "<number | string>" : "";
  return `// A daemon of icinga-warden. Try it: icinga-warden daemon test ${name}
// Put it to work: icinga-warden daemon register ${name} greeting=hi
import { defineDaemon } from "icinga-warden/daemon";

export default defineDaemon({
  name: "${name}",
  description: "Counts its beats, and greets at each",

  // What it takes. A type is string, number, boolean, duration (5s, 2m), size (10MB) or list. An argument
  // without a default must be given when the daemon is registered.
  arguments: {
    interval: {
      type: "duration",
      default: "10s",
      min: "100ms",
      description: "Time from one beat to the next",
    },
    greeting: { type: "string", default: "hello", description: "What it says at each beat" },
  },

  // What it needs beyond reading its own folder; the configuration must grant it. For example:
  //   permissions: { read: ["C:\\\\data"], net: ["localhost:8080"], services: true },
  permissions: {},

  // The maps that it keeps in the public state, where every daemon reads them.
  maps: { Beats: { description: "count: beats so far; last: when the last one was, UTC" } },

  // Its work, in a thread of its own. It must return soon after context.signal is aborted; every() and
  // sleep() see to that.
  async run(context) {
    const { interval, greeting } = context.arguments; // a duration is in ms by now
    const beats = context.state.map${type}("Beats");
    await context.every(interval, () => {
      const count = Number(beats.get("count") ?? 0) + 1;
      beats.set("count", count);
      beats.set("last", new Date().toISOString());
      context.log.info(\`\${greeting}, beat \${count}\`);
    });
  },
});
`;
}

/** A test of the daemon to begin with. */
export function testTemplate(name: string, extension: ".js" | ".ts"): string {
  return `// Run by: icinga-warden daemon test ${name}
import { assertEquals, simulate, test } from "icinga-warden/testing";
import daemon from "./${name}${extension}";

test("it beats at once and then at each interval", async () => {
  const run = simulate(daemon, { arguments: { interval: "1m", greeting: "hi" } });
  await run.advance("5m"); // its clock, not yours
  assertEquals(run.map("Beats").get("count"), 6);
  assertEquals(run.log.at(-1)?.message, "hi, beat 6");
  await run.stop();
});
`;
}
