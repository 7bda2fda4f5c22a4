/**
 * A service whose main thread is busy: for 3 s before it runs, and for good once it does.
 *
 * @module
 */
import { joinServiceManager } from "../../../lib/windows/native_service.ts";

const service = await joinServiceManager();
if (!service) Deno.exit(1);
for (const end = Date.now() + 3_000; Date.now() < end;);
service.running();
for (;;);
