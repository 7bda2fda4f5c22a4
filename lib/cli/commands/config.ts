import { builtinArguments } from "../../../daemons/mod.ts";
import { warningsOf } from "../../agent/mod.ts";
import { type FileError, replaceFile, toJson } from "../../base/mod.ts";
import { ConfigError, configSchema, sampleConfig, writtenConfig } from "../../config/mod.ts";
import { Registry } from "../../registry/mod.ts";
import {
  type Command,
  commandWithActions,
  EXIT,
  type Invocation,
  type Report,
  type Result,
} from "../command.ts";
import { printError } from "../output.ts";
import { findPaths, loadAgentConfig } from "../paths.ts";

/** `icinga-warden config` */
export const configCommand: Command = commandWithActions(
  "config",
  "write, check or show the configuration",
  {
    init: {
      words: "",
      summary: "write a commented icinga-warden.json into home; an existing file is not changed",
      run: init,
    },
    check: {
      words: "",
      summary:
        "print every problem with its file, line, column, path and value; exit code 2 if there is one",
      run: check,
    },
    show: { words: "", summary: "print what is in force, defaults included", run: show },
    schema: { words: "", summary: "print the JSON schema, for editors", run: schema },
  },
);

async function init(invocation: Invocation): Promise<Report> {
  const { configFile } = findPaths(invocation);
  const exists = await Deno.lstat(configFile).then(() => true, () => false);
  if (exists) throw new Error(`${configFile} exists and is not changed; move it away first`);
  await replaceFile(configFile, sampleConfig()).catch((error: FileError) => {
    const isFolderMissing = error.cause instanceof Deno.errors.NotFound;
    throw isFolderMissing ? new Error(`${configFile}: its folder does not exist; make it`) : error;
  });
  return { json: { file: configFile }, text: `Wrote ${configFile}` };
}

async function check(invocation: Invocation): Promise<Result> {
  const paths = findPaths(invocation);
  const isJson = invocation.given.has("json");
  try {
    const loaded = await loadAgentConfig(paths);
    const { file, exists, config } = loaded;
    const warnings: string[] = [];
    const registry = new Registry(paths.home, undefined, (line) => void warnings.push(line));
    const daemons = await registry.resolve(loaded);
    const bad = daemons.flatMap(({ name, problem, runs = false }) =>
      problem === undefined ? [] : { name, problem, runs }
    );
    const names = Object.keys(config.daemons).join(", ") || "none";
    const note = exists ? "valid" : "does not exist; the defaults are in force";
    warnings.push(...warningsOf(daemons, config));
    const json = {
      ...{ file, exists, problems: [], daemons: bad },
      ...(warnings.length > 0 && { warnings }),
    };
    if (!isJson) warnings.forEach((line) => printError(`Warning: ${line}`));
    if (bad.length === 0) return { json, text: `${file}: ${note}; daemons: ${names}` };
    if (isJson) return { json, text: "", code: EXIT.usage };
    for (const { name, problem, runs } of bad) {
      const outcome = runs ? "would run, but not as configured" : "cannot run";
      printError(`Daemon '${name}' ${outcome}: ${problem}`);
    }
    return EXIT.usage;
  } catch (error) {
    if (!(error instanceof ConfigError) || !isJson) throw error;
    const { file, problems } = error;
    const exists = await Deno.stat(file).then(() => true, () => false);
    return { json: { file, exists, problems }, text: "", code: EXIT.usage };
  }
}

async function show(invocation: Invocation): Promise<Report> {
  const { file, exists, config } = await loadAgentConfig(findPaths(invocation));
  const json = writtenConfig(config, builtinArguments);
  const note = exists ? "" : ": does not exist; these are the defaults";
  return { json, text: [`// ${file}${note}`, toJson(json, 2)] };
}

function schema(): Report {
  const json = configSchema(builtinArguments);
  return { json, text: toJson(json, 2) };
}
