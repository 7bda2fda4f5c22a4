/** Runs the agent from source in a home; told so, it throws on its own thread, where nobody catches, once it runs. */
import { runCommandLine } from "../../lib/cli/mod.ts";

const [home = "", fails] = Deno.args;
const logged = () => {
  try {
    return Deno.readTextFileSync(`${home}/logs/icinga-warden.log`);
  } catch {
    return "";
  }
};
if (fails === "true") {
  setInterval(() => {
    if (logged().includes("agent: Started")) throw new Error("on the main thread");
  }, 50);
}
const simulated = ["--simulate", "--scenario", "crash=1h"];
Deno.exit(await runCommandLine(["run", ...simulated, "--home", home]));
