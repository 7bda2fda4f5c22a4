import { errorMessage } from "../../base/mod.ts";
import { isBuiltin } from "../../windows/account.ts";
import type { Host } from "../../windows/host.ts";
import { differences, wantedRegistration } from "../../windows/registration.ts";
import type { FoundRegistration, Registration } from "../../windows/service_database.ts";
import { wardenCommand } from "./hint.ts";
import {
  askPassword,
  exeDiffers,
  type Installation,
  type Lack,
  type Outcome,
  passwordDiffers,
  replaceExe,
  tellLack,
  tellUnchanged,
} from "./installation.ts";

/**
 * Registers the agent as a service of its own, or brings a registration up to date.
 *
 * @param lack what the service lacks that is there.
 * @throws {WindowsError} when Windows refuses.
 * @throws {Error} when the exe was to be replaced and the new one does not run.
 */
export function installNative(
  installation: Installation,
  lack: Lack | undefined,
): Promise<Outcome> {
  return lack ? update(installation, lack) : installAnew(installation);
}

/** What a service lacks that is there. */
export async function nativeLack(
  installation: Installation,
  found: FoundRegistration,
): Promise<Lack> {
  const differs = differences(found, wantedOf(installation));
  return {
    differs: [...differs, ...passwordDiffers(installation.order)],
    replaces: await exeDiffers(installation),
  };
}

function wantedOf({ order, agent, found }: Installation): Registration {
  return wantedRegistration(order.name, agent, order.wish, found);
}

async function installAnew(installation: Installation): Promise<Outcome> {
  const { order, say } = installation;
  const wanted = wantedOf(installation);
  register(installation, wanted, await askPassword(installation, wanted.account));
  registerEventSource(installation);
  say(`Installed service '${order.name}', which starts with Windows`);
  say(`Start it now: ${wardenCommand("start", order)}`);
  return { outcome: "installed", differs: [] };
}

/** The exe comes first: when the new one does not run, the registration is as it was too. */
async function update(installation: Installation, lack: Lack): Promise<Outcome> {
  const { order, say } = installation;
  const { differs, replaces } = lack;
  if (differs.length === 0 && !replaces) {
    registerEventSource(installation);
    tellUnchanged(installation);
    return { outcome: "unchanged", differs };
  }
  tellLack(installation, lack);
  if (!order.force) return { outcome: "differs", differs };
  const wanted = wantedOf(installation);
  const password = await askPassword(installation, wanted.account);
  registerEventSource(installation);
  if (replaces) await replaceExe(installation);
  if (differs.length > 0) {
    change(installation, wanted, password);
    say(`Changed service '${order.name}'; a restart puts it into force`);
  }
  return { outcome: "changed", differs };
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

/** Lets the service's account log on as one; where that fails it is a warning. */
export function grantLogon(account: string, host: Host, warn: (line: string) => void): void {
  try {
    host.grantLogon(account);
  } catch (error) {
    warn(`${errorMessage(error)}; grant it in secpol.msc`);
  }
}

/** Without it the service runs as well, and its events bear a note that their text was not found. */
function registerEventSource({ host: { events }, warn }: Installation): void {
  try {
    if (!events.isKnown()) events.register();
  } catch (error) {
    warn(`No events in the Windows event log: ${errorMessage(error)}`);
  }
}
