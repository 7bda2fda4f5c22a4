/** Runs the agent from source in a home, and throws on its own thread, where nobody catches. */
import { runCommandLine } from "../../lib/cli/mod.ts";

const [home = "", fails] = Deno.args;
if (fails === "true") {
  setTimeout(() => {
    throw new Error("on the main thread");
  }, 500);
}
const simulated = ["--simulate", "--scenario", "crash=1h", "--for", "1s"];
Deno.exit(await runCommandLine(["run", ...simulated, "--home", home]));
