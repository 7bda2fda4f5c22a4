/**
 * A service whose main thread is busy: until there is a file `go` beside the exe, or a minute has passed, and for good
 * once it runs.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { joinServiceManager } from "../../../lib/windows/native_service.ts";

const service = await joinServiceManager();
if (!service) Deno.exit(1);
const go = join(dirname(Deno.execPath()), "go");
for (const end = Date.now() + 60_000; !existsSync(go) && Date.now() < end;);
service.running();
for (;;);
