import { isBuiltin } from "../../windows/account.ts";
import type { Host } from "../../windows/host.ts";
import {
  differences,
  programOf,
  SERVICE_NAME,
  wantedRegistration,
} from "../../windows/registration.ts";
import type { FoundRegistration, Registration } from "../../windows/service_database.ts";
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
export function installNative(installation: Installation): Promise<Outcome> {
  const { found } = installation;
  return found ? update(installation, found) : installAnew(installation);
}

async function installAnew(installation: Installation): Promise<Outcome> {
  const { order, say } = installation;
  const wanted = wantedRegistration(order.wish);
  register(installation, wanted, await askPassword(installation, wanted.account));
  registerEventSource(installation);
  say(`Installed service '${order.name}', which starts with Windows`);
  say(`Start it now: icinga-warden service start${nameFlag(order)}`);
  return { outcome: "installed", differs: [] };
}

/** The exe comes first: when the new one does not run, the registration is as it was too. */
async function update(installation: Installation, found: FoundRegistration): Promise<Outcome> {
  const { order, say } = installation;
  const wanted = wantedRegistration(order.wish, found);
  const differs = differences(found, wanted);
  const installed = programOf(found.commandLine);
  const replaces = await exeDiffers(installation, installed);
  if (differs.length === 0 && !replaces) {
    registerEventSource(installation);
    say(`Service '${order.name}' is installed already, just so; nothing was changed`);
    return { outcome: "unchanged", differs };
  }
  if (!order.force) {
    tellDifferences(order.name, differs, say);
    if (replaces) say(`Its exe ${installed} is another one than this`);
    say("Nothing was changed; '--force' applies it");
    return { outcome: "differs", differs };
  }
  const password = await askPassword(installation, wanted.account);
  registerEventSource(installation);
  if (replaces) await replaceExe(installation, installed);
  if (differs.length > 0) {
    change(installation, wanted, password);
    say(`Changed service '${order.name}'; a restart puts it into force`);
  }
  return { outcome: "changed", differs };
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
