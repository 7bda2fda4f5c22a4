import { join } from "node:path";
import { FileError, replaceFile } from "../../base/mod.ts";
import { DAEMONS_FOLDER } from "../../registry/mod.ts";
import type { Command } from "../command.ts";
import { findHome } from "../paths.ts";

/** `icinga-warden types` */
export const typesCommand: Command = {
  name: "types",
  words: "",
  summary: "write into daemons/ in home what an editor needs to know types",
  details: [
    "Call it after an upgrade too; 'daemon new' does it by itself. tsconfig.json and deno.json are yours:",
    "they are written where they are missing, and never changed.",
  ],
  async run(invocation) {
    const files = await writeTypes(findHome(invocation).home);
    return { json: { files }, text: files.map((file) => `Wrote ${file}`) };
  },
};

/** What an author may change: it is written where it is missing. */
const SETTINGS = {
  "tsconfig.json": {
    compilerOptions: {
      allowJs: true,
      checkJs: true,
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: "esnext",
      module: "esnext",
      moduleResolution: "bundler",
      allowImportingTsExtensions: true,
      lib: ["esnext"],
      types: [],
    },
  },
  "deno.json": {
    compilerOptions: { checkJs: true, types: ["./icinga-warden.d.ts"] },
    exclude: ["deno.d.ts"],
  },
};

/**
 * Writes into the folder of daemons what an editor needs to know their types, and returns the paths.
 *
 * @param types texts by file name; those of the exe unless told.
 * @throws {Error} from source, where the types were not made.
 * @throws {FileError} when a file cannot be written.
 */
export async function writeTypes(
  home: string,
  types?: Readonly<Record<string, string>>,
): Promise<string[]> {
  const own = types ?? await readTypes();
  const folder = join(home, DAEMONS_FOLDER);
  await Deno.mkdir(folder, { recursive: true }).catch((error) => {
    throw new FileError("make the folder", folder, error);
  });
  const written: string[] = [];
  const write = async (name: string, text: string) => {
    await replaceFile(join(folder, name), text);
    written.push(join(folder, name));
  };
  for (const [name, text] of Object.entries(own)) await write(name, text);
  for (const [name, settings] of Object.entries(SETTINGS)) {
    const isThere = await Deno.lstat(join(folder, name)).then(() => true, () => false);
    if (!isThere) await write(name, `${JSON.stringify(settings, null, 2)}\n`);
  }
  return written;
}

/** What compile.sh has made by tools/types.ts: texts by file name. */
async function readTypes(): Promise<Record<string, string>> {
  try {
    return JSON.parse(
      await Deno.readTextFile(new URL("../../../dist/types.json", import.meta.url)),
    );
  } catch {
    throw new Error(
      "There are no types here: the exe has them; from source 'deno run -A tools/types.ts dist/types.json' makes them",
    );
  }
}
