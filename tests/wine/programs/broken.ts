/**
 * The program, but for `run`, which fails at once: an upgrade that went wrong.
 *
 * @module
 */
import { runCommandLine } from "../../../lib/cli/mod.ts";

Deno.exit(Deno.args[0] === "run" ? 1 : await runCommandLine(Deno.args));
