import { basename, dirname, join } from "node:path";

/** The folders of an Icinga 2 installation, absolute. */
export interface IcingaFolder {
  /** What `dataDir` names: the folder that holds the others. */
  root: string;
  /** Its configuration, `etc\icinga2`. */
  config: string;
  /** Its state, certificates, replay log and packages of the API, `var\lib\icinga2`. */
  data: string;
  /** Its log and crash reports, `var\log\icinga2`. */
  log: string;
  /** What it writes down at its start, `var\cache\icinga2`. */
  cache: string;
  /** Whether these are the default folders of Icinga 2. */
  isUsual: boolean;
  /** How it was found, in a few words. */
  found: string;
}

/**
 * The folders below `dataDir`. Without it: `%ProgramData%\icinga2`, the only one that an Icinga 2 of its MSI takes on
 * Windows without definitions on its command line (`Utility::GetIcingaDataPath` in its `lib/base/utility.cpp`), and `/`
 * elsewhere, where packages of Linux have the same folders.
 *
 * @param dataDir Default: empty, for the one of this system.
 * @param programData the value of `%ProgramData%`.
 */
export function icingaFolder(dataDir = "", programData?: string): IcingaFolder {
  const usual = Deno.build.os === "windows"
    ? join(programData ?? "C:\\ProgramData", "icinga2")
    : "/";
  const root = dataDir || usual;
  return {
    root,
    config: join(root, "etc", "icinga2"),
    data: join(root, "var", "lib", "icinga2"),
    log: join(root, "var", "log", "icinga2"),
    cache: join(root, "var", "cache", "icinga2"),
    isUsual: root === usual,
    found: dataDir === "" ? "Icinga's usual folder" : "named by dataDir",
  };
}

/**
 * The folders that an Icinga 2 without an MSI takes: beside the folder of its program, `sbin`. Undefined when another
 * program is named, or there is no configuration.
 *
 * @param program an absolute path.
 */
export async function folderOfProgram(program: string): Promise<IcingaFolder | undefined> {
  if (!/^icinga2(?:\.exe)?$/i.test(basename(program))) return undefined;
  const folder = icingaFolder(dirname(dirname(program)));
  if (!await lookAt(folder.config)) return undefined;
  return { ...folder, found: `beside the service's program ${program}` };
}

/** Facts about a file. */
export interface FileFacts {
  /** When it was last changed, ms since the Unix epoch. */
  modified: number;
  /** Bytes. */
  size: number;
}

/**
 * Reads the facts about a file; undefined when there is none.
 *
 * @throws {Error} when they cannot be read.
 */
export async function lookAt(path: string): Promise<FileFacts | undefined> {
  try {
    const { mtime, size } = await Deno.stat(path);
    return { modified: mtime?.getTime() ?? 0, size };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** What is in a folder, with its facts; nothing when there is no such folder. */
export async function listFolder(
  folder: string,
): Promise<(FileFacts & { path: string; isFolder: boolean })[]> {
  try {
    const found = await Promise.all(
      (await Array.fromAsync(Deno.readDir(folder))).map(async ({ name, isDirectory }) => {
        const path = join(folder, name);
        const facts = await lookAt(path);
        return facts && { path, isFolder: isDirectory, ...facts };
      }),
    );
    return found.filter((file) => file !== undefined);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** The last `most` bytes of a text file, without a byte order mark; empty when there is none. Lines end with `\n`. */
export async function readEnd(path: string, most: number): Promise<string> {
  try {
    using file = await Deno.open(path);
    const { size } = await file.stat();
    await file.seek(Math.max(0, size - most), Deno.SeekMode.Start);
    const bytes = new Uint8Array(Math.min(size, most));
    let at = 0;
    for (let read: number | null = 0; at < bytes.length && read !== null; at += read ?? 0) {
      read = await file.read(bytes.subarray(at));
    }
    return new TextDecoder().decode(bytes.subarray(0, at)).replaceAll("\r\n", "\n");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
