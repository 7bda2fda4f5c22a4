import { win32 } from "node:path";
import { defineDaemon } from "icinga-warden/daemon";
import { errorMessage, plainError } from "../lib/base/mod.ts";
import { type PluginVerdict, readPlugin } from "./shared/plugin_output.ts";

/** A relative path is one in the folder that the agent happens to run in. */
function checkProgram({ program }: { program: string }) {
  if (win32.isAbsolute(program) || !/[\\/]/.test(program)) return undefined;
  return { warning: "expected an absolute path, or a name on the path" };
}

/** The daemon that runs a Monitoring Plugin, and takes its verdict and its performance data. */
export default defineDaemon({
  name: "program_check",
  description: "Runs a Monitoring Plugin, and takes its verdict and performance data",
  arguments: {
    program: {
      type: "string",
      check: (path) => path.trim() === "" ? "expected a program" : undefined,
      checkTogether: checkProgram,
      description: "The plugin: an absolute path, or a name on the path",
    },
    args: { type: "list", default: [], description: "Its arguments" },
    timeout: { type: "duration", default: "30s", min: "1ms", description: "How long it may take" },
    interval: { type: "duration", default: "1m", min: "1s", description: "From run to run" },
  },
  permissions: { run: ["{program}"] },
  maps: {
    Result: {
      description: "exit_code: the last one; duration: how long it took, s",
      metrics: {
        exit_code: { type: "gauge", help: "The exit code of the plugin's last run" },
        duration: { type: "gauge", unit: "seconds", help: "How long the plugin's last run took" },
      },
    },
  },
  run({ arguments: { program, args, timeout, interval }, ...context }) {
    const map = context.state.map<number>("Result");
    const check = async (): Promise<PluginVerdict> => {
      try {
        const { code, stdout, stderr } = await context.run(program, args, { timeout });
        map.set("exit_code", code);
        return readPlugin(code, stdout.trim() === "" ? stderr : stdout);
      } catch (error) {
        map.set("exit_code", 3);
        const message = errorMessage(error);
        const isNotRun = message.startsWith("Failed to spawn");
        const text = isNotRun ? `Cannot run '${program}': ${plainError(error)}` : message;
        return { level: "unknown", text, numbers: {} };
      }
    };
    return context.every(interval, async () => {
      const began = context.now();
      const { level, text, numbers } = await check();
      map.set("duration", (context.now() - began) / 1_000);
      context.report(level, text, numbers, { ttl: 3 * interval + timeout });
    });
  },
});
