import type { CommandWords } from "../../windows/as_commands.ts";
import {
  nssmGetCommand,
  nssmInstallCommands,
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
} from "./installation.ts";
import { nssmService } from "./print.ts";
import { pasteLine } from "../../windows/command_line.ts";

/**
 * Installs the agent under NSSM, or brings what NSSM was told before up to date.
 *
 * @throws {Error} when NSSM cannot be run or refuses.
 */
export async function installUnderNssm(
  installation: Installation,
): Promise<Outcome> {
  const { order, host, found, say } = installation;
  const { name, nssm, wish } = order;
  const account = wish.account ?? found?.account ?? LOCAL_SYSTEM;
  if (!found) {
    const service = nssmService(order, await askPassword(installation, account));
    for (const command of nssmInstallCommands(nssm, service)) {
      await runNssm(host, command, service.password);
    }
    say(`Installed service '${name}' under NSSM, which starts with Windows`);
    return { outcome: "installed", differs: [] };
  }
  const installed = host.nssmCommand(name)?.application ?? order.files.exe;
  const service = {
    ...nssmService(order, undefined),
    exe: installed,
    account,
    displayName: wish.displayName ?? found.displayName,
  };
  const differs: Difference[] = [];
  for (const setting of nssmSettings(service)) {
    const told = await ask(host, nssm, name, setting);
    if (told !== setting.value) {
      differs.push({ setting: setting.parameter.join(" "), found: told, wanted: setting.value });
    }
  }
  const replaces = await exeDiffers(installation, installed);
  if (differs.length === 0 && !replaces) {
    say(`Service '${name}' is installed already under NSSM, just so; nothing was changed`);
    return { outcome: "unchanged", differs };
  }
  for (const { setting, found, wanted } of differs) say(`  ${setting}: ${found}  ->  ${wanted}`);
  if (replaces) say(`Its exe ${installed} is another one than this`);
  if (!order.force) {
    say("Nothing was changed; '--force' applies it");
    return { outcome: "differs", differs };
  }
  const password = await askPassword(installation, account);
  const changed = new Set(differs.map(({ setting }) => setting));
  const commands = nssmSetCommands(nssm, { ...service, password });
  for (const [i, { parameter }] of nssmSettings(service).entries()) {
    if (changed.has(parameter.join(" "))) await runNssm(host, commands[i]!, password);
  }
  if (replaces) await replaceExe(installation, installed);
  say(`Changed service '${name}'; a restart puts it into force`);
  return { outcome: "changed", differs };
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
