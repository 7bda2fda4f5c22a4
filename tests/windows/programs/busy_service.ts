/**
 * A service whose main thread is busy for good once it runs, and so never hears of anything.
 *
 * @module
 */
import { joinServiceManager } from "../../../lib/windows/native_service.ts";

const service = await joinServiceManager();
if (!service) Deno.exit(1);
service.running();
for (;;);
