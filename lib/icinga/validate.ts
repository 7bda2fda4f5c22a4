import { join } from "node:path";
import { attempt, cut, plainError, sanitize, within } from "../base/mod.ts";
import { type IcingaFolder, listFolder } from "./folder.ts";

/** The result of `icinga2 daemon -C`. */
export interface Validation {
  /** `unknown`: it could not be run, or not to its end. */
  is: "valid" | "invalid" | "unknown";
  /** What is wrong, or why it is unknown, in one line. */
  text: string;
  /** The place, as `FILE:LINE`; absent when the output has none. */
  place?: string;
}

/** How the configuration is validated. */
export interface ValidatePlan {
  /** Icinga's program. */
  program: string;
  folder: IcingaFolder;
  /** ms after which it is ended with all that it has started: it has been seen to hang. Default: 60 s. */
  limit?: number | undefined;
  /** The ids of a process and of all that it has started. */
  treeOf(pid: number): Promise<Iterable<number>>;
}

/**
 * Runs `icinga2 daemon -C`, which writes `icinga2.vars` and `icinga2.debug` anew (seen with 2.13.6) and changes nothing
 * else. Never rejects.
 */
export async function validate(plan: ValidatePlan): Promise<Validation> {
  const { program, folder, limit = 60_000 } = plan;
  try {
    const child = new Deno.Command(program, {
      args: ["daemon", "-C", ...definitions(folder)],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const output = await within(child.output(), { ms: limit });
    if (!output) {
      for (const pid of await plan.treeOf(child.pid)) {
        // One may have ended by itself.
        attempt(() => Deno.kill(pid, "SIGKILL"), () => {});
      }
      return { is: "unknown", text: `'icinga2 daemon -C' did not end within ${limit / 1000} s` };
    }
    const text = new TextDecoder().decode(output.stdout) + new TextDecoder().decode(output.stderr);
    return readValidation(output.code, text);
  } catch (error) {
    return {
      is: "unknown",
      text: `'icinga2 daemon -C' cannot be run: ${program}: ${plainError(error)}`,
    };
  }
}

/**
 * What the output of `icinga2 daemon -C` says: the first critical line on the configuration, and the place that follows
 * it; or the line before it, where that is on a key or a certificate. Any other failure, such as a file that it may not
 * write, does not make the configuration invalid.
 */
export function readValidation(code: number, output: string): Validation {
  if (code === 0) return { is: "valid", text: "the configuration is valid" };
  const lines = output.split("\n");
  const [first, any] = [/\bcritical\/config: /, /\bcritical\/\w+: /]
    .map((pattern) => lines.findIndex((line) => pattern.test(line)));
  const said = (line: number) =>
    cut(sanitize(lines[line]!.replace(/^.*?\bcritical\/\w+: (?:Error: )?/, "")), 300);
  if (first === -1) {
    const why = any === -1 ? "" : `: ${said(any!)}`;
    return { is: "unknown", text: `'icinga2 daemon -C' ended with exit code ${code}${why}` };
  }
  // The place would be that of the ApiListener, where nothing is wrong.
  if (/\bcritical\/SSL: /.test(lines[first! - 1] ?? "")) {
    return { is: "invalid", text: said(first! - 1) };
  }
  const text = said(first!);
  const [, file, line] = /^Location: in (.+): (\d+):\d+/.exec(lines[first! + 1] ?? "") ?? [];
  return { is: "invalid", text, ...(file !== undefined && { place: `${file}:${line}` }) };
}

/** The folders, when they are not the default ones. */
function definitions({ root, config, data, log, cache, isUsual }: IcingaFolder): string[] {
  if (isUsual) return [];
  const folders = {
    ConfigDir: config,
    DataDir: data,
    LogDir: log,
    CacheDir: cache,
    InitRunDir: join(root, "run", "icinga2"),
    SpoolDir: join(root, "var", "spool", "icinga2"),
  };
  const defined = Object.entries(folders).flatMap(([key, path]) => ["-D", `${key}=${path}`]);
  return ["-c", join(config, "icinga2.conf"), ...defined];
}

/** Longer lists of files are cut: enough to notice a change. */
const MOST_FILES = 20_000;

/** A text that changes whenever a file of the configuration does: `etc`, the packages of the API, the certificates. */
export async function configSignature({ config, data }: IcingaFolder): Promise<string> {
  const seen: string[] = [];
  const look = async (folder: string) => {
    // What may not be read tells of no change, and hides no other folder.
    const files = await listFolder(folder).catch(() => []);
    for (const { path, modified, size, isFolder } of files) {
      if (seen.length >= MOST_FILES) return;
      if (isFolder) await look(path);
      else seen.push(`${path} ${modified} ${size}`);
    }
  };
  await look(config);
  await look(join(data, "api", "packages"));
  await look(join(data, "certs"));
  return seen.sort().join("\n");
}
