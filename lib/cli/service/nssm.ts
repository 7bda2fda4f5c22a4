import type { CommandWords } from "../../windows/as_commands.ts";
import {
  nssmGetCommand,
  nssmInstallCommands,
  type NssmService,
  nssmSetCommands,
  type NssmSetting,
  nssmSettings,
  readNssmOutput,
  withoutPassword,
} from "../../windows/nssm.ts";
import { LOCAL_SYSTEM } from "../../windows/account.ts";
import type { Difference } from "../../windows/registration.ts";
import type { Host } from "../../windows/host.ts";
import {
  askPassword,
  exeDiffers,
  type Installation,
  type Outcome,
  replaceExe,
  tellDifferences,
} from "./installation.ts";
import { nssmService } from "./print.ts";
import { pasteLine } from "../../windows/command_line.ts";

/**
 * Installs the agent under NSSM, or brings what NSSM was told before up to date.
 *
 * @throws {Error} when NSSM cannot be run or refuses.
 */
export function installUnderNssm(installation: Installation): Promise<Outcome> {
  return installation.found ? update(installation) : installAnew(installation);
}

async function installAnew(installation: Installation): Promise<Outcome> {
  const { order, host, say } = installation;
  const account = order.wish.account ?? LOCAL_SYSTEM;
  const service = nssmService(order, await askPassword(installation, account));
  for (const command of nssmInstallCommands(order.nssm, service)) {
    await runNssm(host, command, service.password);
  }
  say(`Installed service '${order.name}' under NSSM, which starts with Windows`);
  return { outcome: "installed", differs: [] };
}

async function update(installation: Installation): Promise<Outcome> {
  const { order, host, found, say } = installation;
  const installed = host.nssmCommand(order.name)?.application ?? order.files.exe;
  const service = { ...nssmService(order, undefined), exe: installed };
  const differs = await compare(installation, service);
  const replaces = await exeDiffers(installation, installed);
  if (differs.length === 0 && !replaces) {
    say(`Service '${order.name}' is installed already under NSSM, just so; nothing was changed`);
    return { outcome: "unchanged", differs };
  }
  tellDifferences(order.name, differs, say);
  if (replaces) say(`Its exe ${installed} is another one than this`);
  if (!order.force) {
    say("Nothing was changed; '--force' applies it");
    return { outcome: "differs", differs };
  }
  const password = await askPassword(installation, order.wish.account ?? found!.account);
  const changed = new Set(differs.map(({ setting }) => setting));
  const commands = nssmSetCommands(order.nssm, { ...service, password });
  for (const [i, { parameter }] of nssmSettings(service).entries()) {
    if (changed.has(parameter.join(" "))) await runNssm(host, commands[i]!, password);
  }
  if (replaces) await replaceExe(installation, installed);
  if (changed.size > 0) say(`Changed service '${order.name}'; a restart puts it into force`);
  return { outcome: "changed", differs };
}

/** What NSSM was told otherwise; what is not asked for stays as it is. */
async function compare(
  { order: { name, nssm, wish }, host }: Installation,
  service: NssmService,
): Promise<Difference[]> {
  const kept = [
    ...(wish.displayName === undefined ? ["DisplayName"] : []),
    ...(wish.account === undefined ? ["ObjectName"] : []),
    ...(wish.args === undefined ? ["AppParameters", "AppDirectory"] : []),
  ];
  const asked = nssmSettings(service).filter(({ parameter }) => !kept.includes(parameter[0]!));
  const differs: Difference[] = [];
  for (const setting of asked) {
    const told = await ask(host, nssm, name, setting);
    if (told === setting.value) continue;
    differs.push({ setting: setting.parameter.join(" "), found: told, wanted: setting.value });
  }
  return differs;
}

async function ask(
  host: Host,
  nssm: string,
  name: string,
  setting: NssmSetting,
): Promise<string> {
  return readNssmOutput(await runNssm(host, nssmGetCommand(nssm, name, setting), undefined));
}

async function runNssm(
  host: Host,
  command: CommandWords,
  password: string | undefined,
): Promise<Uint8Array> {
  const { code, output } = await host.run(command).catch((error) => {
    throw new Error(
      `Cannot run ${command[0]}: ${
        error instanceof Error ? error.message : error
      }; name nssm.exe with --nssm`,
    );
  });
  if (code === 0) return output;
  const [program = "", ...args] = withoutPassword(command, password);
  throw new Error(
    `NSSM refused (exit code ${code}): ${pasteLine(program, args)}: ${readNssmOutput(output)}`,
  );
}
