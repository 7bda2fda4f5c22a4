import { errorMessage } from "../base/mod.ts";
import { ConfigError, excerpt, type PlacedProblem } from "./problem.ts";

/** A larger file is no configuration, bytes. */
const MAX_SIZE = 1024 ** 2;

/**
 * Reads a configuration's bytes; undefined when there is no such file.
 *
 * @throws {ConfigError} when what bears the name is no file, is too large or cannot be read.
 */
export async function readConfigFile(file: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const refusal = refuseFile(await Deno.stat(file));
    if (refusal) throw new ConfigError(file, [refusal]);
    return await Deno.readFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error instanceof ConfigError ? error : new ConfigError(file, [explainFailure(error)]);
  }
}

/** Why a file cannot be a configuration, by what the file system says of it; undefined when it can. */
export function refuseFile(
  { isFile, isDirectory, size }: Pick<Deno.FileInfo, "isFile" | "isDirectory" | "size">,
): PlacedProblem | undefined {
  if (isDirectory) return problem("is a folder", "expected a file");
  if (!isFile) return problem("is a device or a pipe", "expected a file");
  if (size <= MAX_SIZE) return undefined;
  return problem(`is ${size} bytes long`, "expected a configuration, at most 1MB");
}

/** What an error that the file system threw means. */
export function explainFailure(error: unknown): PlacedProblem {
  if (error instanceof Deno.errors.PermissionDenied) {
    return problem("access is denied", "let the account that runs the agent read the file");
  }
  const message = errorMessage(error);
  const reason = excerpt(message.replace(/: \w+ '.*'$/s, "")); // Deno ends it with the path
  return problem(`cannot be read (${reason})`, "expected a file that can be read");
}

function problem(fault: string, expected: string): PlacedProblem {
  return { path: [], value: undefined, fault, expected };
}
