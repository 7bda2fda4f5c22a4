import { type ServiceState, serviceStates } from "./manager.ts";
import { readLines } from "./output.ts";

/** What `sc query` has answered: a state, an error code of Windows, or nothing that can be read. */
export type ScAnswer = { state: ServiceState } | { code: number } | "unreadable";

/**
 * Reads the answer of `sc query NAME`, in whatever language and code page.
 *
 * The exit code is the verdict; with 0, the state is read by the place of its number, never by a word:
 *
 * ```text
 * SERVICE_NAME: icinga2
 *         TYPE               : 10  WIN32_OWN_PROCESS
 *         STATE              : 4  RUNNING
 * ```
 *
 * Also with exit code 0, an error of the form `[SC] EnumQueryServicesStatus:OpenService FAILED 1060:` counts.
 */
export function readQuery(exitCode: number, output: Uint8Array): ScAnswer {
  if (exitCode !== 0) return { code: exitCode };
  const lines = readLines(output).filter((line) => line.trim() !== "");
  const code = errorCode(lines[0] ?? "");
  if (code !== undefined) return { code };
  const state = stateOf(lines);
  return state ? { state } : "unreadable";
}

/** The state's number is in the second of the indented fields that follow the unindented name. */
function stateOf([name = "", ...lines]: string[]): ServiceState | undefined {
  if (isIndented(name) || !name.includes(":")) return undefined;
  const [type, state] = lines.slice(lines.findIndex(isIndented));
  if (!/^[0-9a-f]+\s+\S/i.test(fieldValue(type))) return undefined;
  const number = /^[1-7](?=\s+[^\s\d(])/.exec(fieldValue(state));
  return number ? serviceStates[Number(number[0]) - 1] : undefined;
}

/** What follows the first colon of an indented line. */
function fieldValue(line = ""): string {
  const colon = line.indexOf(":");
  return isIndented(line) && colon > 0 ? line.slice(colon + 1).trimStart() : "";
}

function isIndented(line: string): boolean {
  return /^[ \t]/.test(line);
}

/** The number before the colon that ends the line; French has a space between, which may be a no-break one. */
function errorCode(line: string): number | undefined {
  if (!line.startsWith("[SC]")) return undefined;
  const number = /\s(\d{1,5})[^\d:]{0,3}:\s*$/.exec(line);
  return number ? Number(number[1]) : undefined;
}
