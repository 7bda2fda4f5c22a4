import { isBuiltin } from "../../windows/account.ts";
import type { Host } from "../../windows/host.ts";
import {
  differences,
  programOf,
  SERVICE_NAME,
  wantedRegistration,
} from "../../windows/registration.ts";
import type { Registration } from "../../windows/service_database.ts";
import {
  askPassword,
  exeDiffers,
  type Installation,
  type Outcome,
  replaceExe,
  tellDifferences,
} from "./installation.ts";
import type { ServiceOrder } from "./order.ts";

/**
 * Registers the agent as a service of its own, or brings a registration up to date.
 *
 * @throws {WindowsError} when Windows refuses.
 * @throws {Error} when the exe was to be replaced and the new one does not run.
 */
export async function installNative(
  installation: Installation,
): Promise<Outcome> {
  const { order, found, say } = installation;
  const wanted = wantedRegistration(order.wish, found);
  const differs = found ? differences(found, wanted) : [];
  const replaces = found !== undefined &&
    await exeDiffers(installation, programOf(found.commandLine));
  if (found && !order.force && (replaces || differs.length > 0)) {
    tellDifferences(order.name, differs, say);
    if (replaces) say(`Its exe ${programOf(found.commandLine)} is another one than this`);
    say("Nothing was changed; '--force' applies it");
    return { outcome: "differs", differs };
  }
  const password = await askPassword(installation, wanted.account);
  if (!found) register(installation, wanted, password);
  else if (differs.length > 0) change(installation, wanted, password);
  registerEventSource(installation);
  if (replaces) await replaceExe(installation, programOf(wanted.commandLine));
  if (!found) {
    say(`Installed service '${order.name}', which starts with Windows`);
    say(`Start it now: icinga-warden service start${nameFlag(order)}`);
    return { outcome: "installed", differs };
  }
  if (replaces || differs.length > 0) {
    if (differs.length > 0) say(`Changed service '${order.name}'; a restart puts it into force`);
    return { outcome: "changed", differs };
  }
  say(`Service '${order.name}' is installed already, just so; nothing was changed`);
  return { outcome: "unchanged", differs };
}

function nameFlag({ name }: ServiceOrder): string {
  return name === SERVICE_NAME ? "" : ` --name "${name}"`;
}

function register(
  { order: { name }, host, warn }: Installation,
  wanted: Registration,
  password: string | undefined,
): void {
  tellUnknown(host.database.create(name, wanted, password), warn);
  grantLogon(wanted.account, host, warn);
}

/** Windows' own accounts want an empty password where another account was before. */
function change(
  { order: { name }, host, warn }: Installation,
  wanted: Registration,
  password: string | undefined,
): void {
  const given = password ?? (isBuiltin(wanted.account) ? "" : undefined);
  tellUnknown(host.database.change(name, wanted, given), warn);
  grantLogon(wanted.account, host, warn);
}

function tellUnknown(settings: readonly string[], warn: (line: string) => void): void {
  if (settings.length > 0) warn(`This system does not know: ${settings.join(", ")}`);
}

function grantLogon(account: string, host: Host, warn: (line: string) => void): void {
  try {
    host.grantLogon(account);
  } catch (error) {
    warn(`${reason(error)}; grant it in secpol.msc`);
  }
}

/** Without it the service runs as well, and its events bear a note that their text was not found. */
function registerEventSource({ host: { events }, warn }: Installation): void {
  try {
    if (!events.isKnown()) events.register();
  } catch (error) {
    warn(`No events in the Windows event log: ${reason(error)}`);
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
