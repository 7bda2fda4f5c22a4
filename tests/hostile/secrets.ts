import { join } from "node:path";

/** What must show nowhere: a hostile daemon looks for each where it lies. */
export const SECRETS = {
  file: "canaryinafile",
  environment: "canaryintheenvironment",
  configuration: "canaryintheconfiguration",
  victim: "canaryofthevictim",
} as const;

/** The folder of the secrets outside of home. */
export function outsideOf(home: string): string {
  return join(home, "..", "outside");
}

/** Lays secrets down where an administrator has them. */
export async function laySecrets(home: string): Promise<void> {
  const outside = outsideOf(home);
  await Deno.mkdir(outside, { recursive: true });
  const files = {
    "secret.json": JSON.stringify({ password: SECRETS.file }),
    "secret.js": `export default "${SECRETS.file}"; export const all = globalThis;`,
    "secret.txt": `${SECRETS.file}\n`,
    "spaced.txt": `it is ${SECRETS.file} here\n`,
    "quoted.txt": `"${SECRETS.file}" is it\n`,
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(join(outside, name), text);
  }
}

/** Variables of the agent's environment. */
export const SECRET_ENVIRONMENT: Record<string, string> = {
  WARDEN_SECRET: SECRETS.environment,
};
