import { assert } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("../../tools/sign.sh", import.meta.url));

/** Signs a file in place by tools/sign.sh, and returns the path of the certificate, which was made for this in `folder`. */
export async function sign(file: string, folder: string): Promise<string> {
  const at = (name: string) => join(folder, name);
  await Deno.writeTextFile(at("password"), "secret");
  const request = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test";
  const use = "-addext extendedKeyUsage=codeSigning";
  await run("openssl", `${request} ${use} -keyout ${at("key")} -out ${at("cert")}`);
  const pair = `-inkey ${at("key")} -in ${at("cert")}`;
  await run("openssl", `pkcs12 -export ${pair} -out ${at("p12")} -passout file:${at("password")}`);
  await run(SCRIPT, file, { SIGN_PKCS12: at("p12"), SIGN_PASSWORD: at("password") });
  return at("cert");
}

/** Runs a program, which must succeed. */
export async function run(
  program: string,
  args: string,
  env: Record<string, string> = {},
): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: args.split(" "),
    env,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert(success, `${program} ${args}: ${text(stdout)}${text(stderr)}`);
}
