import { join } from "node:path";
import { type IcingaFolder, icingaFolder } from "../../lib/icinga/mod.ts";
import { hasProgram } from "../skipped.ts";

/** An Icinga data folder of a test, removed at the end of the block. */
export interface Fixture extends AsyncDisposable {
  folder: IcingaFolder;
  /** Writes a file below the root, and its folders; `age` is how old it looks, ms. */
  write(path: string, text: string, age?: number): Promise<string>;
}

/** An empty Icinga data folder. */
export async function fixture(): Promise<Fixture> {
  const root = await Deno.makeTempDir();
  return {
    folder: icingaFolder(root),
    async write(path, text, age = 0) {
      const file = join(root, path);
      await Deno.mkdir(join(file, ".."), { recursive: true });
      await Deno.writeTextFile(file, text);
      const time = new Date(Date.now() - age);
      await Deno.utime(file, time, time);
      return file;
    },
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

/** Runs openssl, which every machine with Icinga has; throws with what it says. */
async function openssl(folder: string, ...args: string[]): Promise<void> {
  const command = new Deno.Command("openssl", { args, cwd: folder, stdin: "null" });
  const { success, stderr } = await command.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Whether openssl is there. */
export const hasOpenssl: boolean = await hasProgram("openssl", "version");

/** Makes a CA: `<name>.crt` and `<name>.key` in `folder`. */
export async function makeCa(folder: string, name = "ca"): Promise<void> {
  const out = ["-keyout", `${name}.key`, "-out", `${name}.crt`];
  const subject = ["-days", "3650", "-subj", "/CN=Icinga CA"];
  await openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", ...out, ...subject);
}

/** Makes `<name>.crt` and `<name>.key`, signed by `ca`; without one, by itself. `days` is -1 or more. */
export async function makeCertificate(
  folder: string,
  name: string,
  { days = 365, ca, subject = name, bits = 2048, extension = `subjectAltName=DNS:${subject}` }: {
    days?: number;
    ca?: string;
    subject?: string;
    bits?: number;
    extension?: string;
  },
): Promise<void> {
  const key = ["-newkey", `rsa:${bits}`, "-nodes", "-keyout", `${name}.key`];
  const about = ["-subj", `/CN=${subject}`, "-addext", extension];
  await openssl(folder, "req", ...key, "-out", `${name}.csr`, ...about);
  const signed = ca ? ["-CA", `${ca}.crt`, "-CAkey", `${ca}.key`, "-CAcreateserial"] : [
    "-signkey",
    `${name}.key`,
  ];
  const span = ["-days", String(days)];
  const options = [...signed, "-copy_extensions", "copyall", "-out", `${name}.crt`];
  await openssl(folder, "x509", "-req", "-in", `${name}.csr`, ...options, ...span);
}

/** Items as Icinga writes them into `icinga2.vars` and `icinga2.debug`. */
export function netstrings(items: readonly unknown[]): string {
  return items.map((item) => JSON.stringify(item)).map((text) =>
    `${new TextEncoder().encode(text).length}:${text},`
  ).join("");
}
