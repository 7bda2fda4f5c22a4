import { errorMessage } from "../../base/mod.ts";
import { LOCAL_SYSTEM, needsPassword } from "../../windows/account.ts";
import type { CommandWords } from "../../windows/as_commands.ts";
import { pasteLine } from "../../windows/command_line.ts";
import {
  nssmGetCommand,
  nssmInstallCommand,
  nssmSetCommand,
  type NssmSetting,
  nssmSettings,
  readNssmOutput,
} from "../../windows/nssm.ts";
import type { Host } from "../../windows/host.ts";
import type { Difference } from "../../windows/registration.ts";
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
import { grantLogon } from "./native.ts";
import { nssmService } from "./print.ts";

/**
 * Installs the agent under NSSM, or brings what NSSM was told before up to date.
 *
 * @param lack what the service lacks that is there.
 * @throws {Error} when NSSM cannot be run or refuses.
 */
export function installUnderNssm(
  installation: Installation,
  lack: Lack | undefined,
): Promise<Outcome> {
  return lack ? update(installation, lack) : installAnew(installation);
}

/** What a service lacks that is there: what NSSM was told otherwise. */
export async function nssmLack(installation: Installation): Promise<Lack> {
  const { order: { name, nssm, wish }, host } = installation;
  const kept = [
    ...(wish.displayName === undefined ? ["DisplayName"] : []),
    ...(wish.account === undefined ? ["ObjectName"] : []),
  ];
  const asked = settingsOf(installation).filter(({ parameter }) => !kept.includes(parameter[0]!));
  const differs: Difference[] = [];
  for (const setting of asked) {
    const told = readNssmOutput(await runNssm(host, nssmGetCommand(nssm, name, setting)));
    if (told === setting.value) continue;
    differs.push({ setting: setting.parameter.join(" "), found: told, wanted: setting.value });
  }
  return {
    differs: [...differs, ...passwordDiffers(installation.order)],
    replaces: await exeDiffers(installation),
  };
}

async function installAnew(installation: Installation): Promise<Outcome> {
  const { order, agent, host, say } = installation;
  const password = await askPassword(installation, accountOf(installation));
  await runNssm(host, nssmInstallCommand(order.nssm, order.name, agent.files.exe));
  await tell(installation, settingsOf(installation), password);
  if (!host.database.find(order.name)) {
    throw new Error(`NSSM says that all is done, but no service '${order.name}' is there`);
  }
  say(`Installed service '${order.name}' under NSSM, which starts with Windows`);
  say(`Start it now: ${wardenCommand("start", order)}`);
  return { outcome: "installed", differs: [] };
}

async function update(installation: Installation, lack: Lack): Promise<Outcome> {
  const { order, say } = installation;
  const { differs, replaces } = lack;
  if (differs.length === 0 && !replaces) {
    tellUnchanged(installation);
    return { outcome: "unchanged", differs };
  }
  tellLack(installation, lack);
  if (!order.force) return { outcome: "differs", differs };
  const password = await askPassword(installation, accountOf(installation));
  const changed = settingsOf(installation).filter(({ parameter }) =>
    differs.some(({ setting }) => setting === parameter.join(" "))
  );
  if (replaces) await replaceExe(installation);
  await tell(installation, changed, password);
  if (differs.length > 0) say(`Changed service '${order.name}'; a restart puts it into force`);
  return { outcome: "changed", differs };
}

function settingsOf({ order, agent }: Installation): NssmSetting[] {
  return nssmSettings(nssmService(order, agent));
}

function accountOf({ order, found }: Installation): string {
  return order.wish.account ?? found?.account ?? LOCAL_SYSTEM;
}

/** An account with a password is set without NSSM, on whose command line everybody could read it. */
async function tell(
  installation: Installation,
  settings: readonly NssmSetting[],
  password: string | undefined,
): Promise<void> {
  const { order: { nssm, name }, host, warn } = installation;
  const account = accountOf(installation);
  const isSecret = needsPassword(account);
  for (const setting of settings) {
    if (isSecret && setting.parameter[0] === "ObjectName") continue;
    await runNssm(host, nssmSetCommand(nssm, name, setting));
  }
  if (password === undefined) return;
  host.database.setAccount(name, account, password);
  grantLogon(account, host, warn);
}

async function runNssm(host: Host, command: CommandWords): Promise<Uint8Array> {
  const { code, output } = await host.run(command).catch((error) => {
    throw new Error(
      `Cannot run ${command[0]}: ${errorMessage(error)}; name nssm.exe with --nssm`,
    );
  });
  if (code === 0) return output;
  const [program = "", ...args] = command;
  throw new Error(
    `NSSM refused (exit code ${code}): ${pasteLine(program, args)}: ${readNssmOutput(output)}`,
  );
}
