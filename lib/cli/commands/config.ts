import { builtinArguments } from "../../../daemons/mod.ts";
import { type FileError, replaceFile, suggest } from "../../base/mod.ts";
import { ConfigError, configSchema, sampleConfig, writtenConfig } from "../../config/mod.ts";
import { Registry } from "../../registry/registry.ts";
import { type Command, EXIT, type Invocation, refuseWords, UsageError } from "../command.ts";
import { print, printError, printJson } from "../output.ts";
import { findPaths, loadAgentConfig } from "../paths.ts";

const ACTIONS = { init, check, show, schema } as const;

/** `icinga-warden config` */
export const configCommand: Command = {
  name: "config",
  words: "init|check|show|schema",
  summary: "write, check or show the configuration",
  details: [
    "init     write a commented icinga-warden.json into home; an existing file is not changed",
    "check    say every problem with its file, line, column, path and value; exit code 2 if there is one",
    "show     print what is in force, defaults included",
    "schema   print the JSON schema, for editors",
  ],
  run(invocation) {
    const [word, ...rest] = invocation.words;
    if (word === undefined) {
      throw new UsageError("'config' needs one of init, check, show or schema");
    }
    if (!Object.hasOwn(ACTIONS, word)) {
      throw new UsageError(
        `Unknown 'config ${word}': '${word}'; ${suggest(word, Object.keys(ACTIONS))}`,
      );
    }
    refuseWords(rest);
    return ACTIONS[word as keyof typeof ACTIONS](invocation);
  },
};

async function init(invocation: Invocation): Promise<number> {
  const { configFile } = findPaths(invocation);
  const exists = await Deno.lstat(configFile).then(() => true, () => false);
  if (exists) throw new Error(`${configFile} exists and is not changed; move it away first`);
  await replaceFile(configFile, sampleConfig()).catch((error: FileError) => {
    const isFolderMissing = error.cause instanceof Deno.errors.NotFound;
    throw isFolderMissing ? new Error(`${configFile}: its folder does not exist; make it`) : error;
  });
  print(`Wrote ${configFile}`);
  return EXIT.done;
}

async function check(invocation: Invocation): Promise<number> {
  const place = findPaths(invocation);
  const json = invocation.given.has("json");
  try {
    const loaded = await loadAgentConfig(place);
    const { file, exists, config } = loaded;
    const daemons = await new Registry(place.home).resolve(loaded);
    const bad = daemons.flatMap(({ name, problem }) =>
      problem === undefined ? [] : { name, problem }
    );
    const names = Object.keys(config.daemons).join(", ") || "none";
    const standing = exists ? "right" : "not there, the defaults are in force";
    if (json) printJson({ file, exists, problems: [], daemons: bad });
    else if (bad.length === 0) print(`${file}: ${standing}; daemons: ${names}`);
    else for (const { name, problem } of bad) printError(`Daemon '${name}' cannot run: ${problem}`);
    return bad.length === 0 ? EXIT.done : EXIT.usage;
  } catch (error) {
    if (!(error instanceof ConfigError) || !json) throw error;
    const exists = await Deno.stat(error.file).then(() => true, () => false);
    printJson({ file: error.file, exists, problems: error.problems });
    return EXIT.usage;
  }
}

async function show(invocation: Invocation): Promise<number> {
  const { file, exists, config } = await loadAgentConfig(findPaths(invocation));
  if (!invocation.given.has("json")) {
    print(`// ${file}${exists ? "" : ": not there, these are the defaults"}`);
  }
  printJson(writtenConfig(config, builtinArguments));
  return EXIT.done;
}

function schema(): number {
  printJson(configSchema(builtinArguments));
  return EXIT.done;
}
