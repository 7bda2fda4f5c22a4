import { join } from "node:path";
import { FileError, refusePipe, replaceFile } from "../base/mod.ts";
import { refuseSecretName } from "../daemon/mod.ts";

/** The longest secret, bytes of UTF-8. */
const MOST_BYTES = 16_384;

/** The folder of the secrets in home: a file for each, which administrators and the service's account alone read. */
export function secretsFolder(home: string): string {
  return join(home, "secrets");
}

/** @throws {Error} when a file stands where the folder of secrets should be. */
async function refuseFile(home: string): Promise<void> {
  const folder = secretsFolder(home);
  const isFile = await Deno.stat(folder).then((found) => !found.isDirectory, () => false);
  if (isFile) throw new Error(`${folder} is a file; move it away: secrets lie in a folder there`);
}

/** @throws {Error} when a secret cannot have this name. */
function secretFile(home: string, name: string): string {
  const expected = refuseSecretName(name);
  if (expected !== undefined) throw new Error(`A secret cannot be named '${name}'; ${expected}`);
  return join(secretsFolder(home), name);
}

/**
 * Reads a secret.
 *
 * @throws {Error} in one line, when there is none, it cannot be read, or others can read it. No error holds a part of it.
 */
export async function readSecret(home: string, name: string): Promise<string> {
  const file = secretFile(home, name);
  await refuseFile(home);
  try {
    refusePipe(file);
    const { mode, size } = await Deno.stat(file);
    const isOpen = Deno.build.os !== "windows" && ((mode ?? 0) & 0o077) !== 0;
    if (isOpen) throw new Error("others may read it");
    if (size > MOST_BYTES) throw new Error(`it is larger than ${MOST_BYTES / 1024} KB`);
    return await Deno.readTextFile(file);
  } catch (error) {
    const advice = `icinga-warden secret set ${name}`;
    if (error instanceof Deno.errors.NotFound) {
      throw new Error(`There is no secret '${name}'; make it with: ${advice}`);
    }
    const why = new FileError("read", file, error).message;
    throw new Error(`${why}; make it again with: ${advice}`);
  }
}

/**
 * Stores a secret.
 *
 * @param protect is given the file while it is empty, to narrow who may read it.
 * @throws {Error} when it cannot have this name, is empty or too large, or the file cannot be written.
 */
export async function writeSecret(
  home: string,
  name: string,
  value: string,
  protect: (path: string) => void,
): Promise<string> {
  const file = secretFile(home, name);
  const { length } = new TextEncoder().encode(value);
  if (length === 0 || length > MOST_BYTES) {
    throw new Error(`A secret has from 1 byte to ${MOST_BYTES / 1024} KB`);
  }
  await refuseFile(home);
  const folder = secretsFolder(home);
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 }).catch((error) => {
    throw new FileError("make the folder", folder, error);
  });
  await replaceFile(file, value, { mode: 0o600, protect });
  return file;
}

/** The names of the secrets, sorted. */
export async function listSecrets(home: string): Promise<string[]> {
  await refuseFile(home);
  try {
    const found = await Array.fromAsync(Deno.readDir(secretsFolder(home)));
    const names = found.filter(({ isFile, name }) => isFile && !refuseSecretName(name));
    return names.map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new FileError("list", secretsFolder(home), error);
  }
}

/** @throws {Error} when there is no such secret, or it cannot be removed. */
export async function removeSecret(home: string, name: string): Promise<void> {
  const file = secretFile(home, name);
  await refuseFile(home);
  await Deno.remove(file).catch((error) => {
    if (error instanceof Deno.errors.NotFound) throw new Error(`There is no secret '${name}'`);
    throw new FileError("remove", file, error);
  });
}
