import { dirname, join, resolve } from "node:path";
import { attempt, isObject } from "../base/mod.ts";
import { describeAddress } from "./connections.ts";
import { type IcingaFolder, lookAt } from "./folder.ts";
import { ICINGA_PORT } from "./settings.ts";
import { netstrings } from "./state_file.ts";

/** An endpoint of Icinga's. */
export interface Endpoint {
  /** Its name, the common name of its certificate. */
  name: string;
  /** The address that this node connects to; absent when the other side connects. */
  host?: string;
  /** Its port. */
  port: number;
}

/** An endpoint for messages: `master (10.0.0.1:5665)`, or its name alone where it has no address. */
export function describeEndpoint({ name, host, port }: Endpoint): string {
  if (host === undefined) return name;
  return `${name} (${describeAddress(host, port)})`;
}

/** The Icinga node of this host, and its parents. Unknown fields are absent. */
export interface IcingaNode {
  /** The name of the node (`NodeName`). */
  name?: string;
  /** The port that it listens on; absent too where it has no ApiListener. */
  port?: number;
  /** The address that it listens on, where that is not every one (`bind_host`). */
  bind?: string;
  /** The file with the certificates that were revoked (`crl_path`). */
  crl?: string;
  /** The endpoints of the parent zone; none for a master. */
  parents?: Endpoint[];
  /** The file from which this was read. */
  source?: string;
}

/** One object of Icinga's configuration. */
interface IcingaObject {
  type: string;
  name: string;
  properties: Record<string, unknown>;
}

/** The files that Icinga writes at its start: its constants, and its objects. */
export function writtenFiles({ cache }: IcingaFolder): { vars: string; objects: string } {
  return { vars: join(cache, "icinga2.vars"), objects: join(cache, "icinga2.debug") };
}

/** Icinga writes both files within seconds, ms. */
const WRITTEN_WITHIN = 60_000;

/**
 * Reads what Icinga wrote at its start: its constants (`icinga2.vars`) and objects (`icinga2.debug`). Where these are
 * missing, `constants.conf`, `zones.conf` and `features-enabled/api.conf` are read as far as they are plain. Icinga 2.14
 * and later write the objects only for `daemon -C --dump-objects`: older ones than the constants are of an earlier
 * configuration.
 */
export async function readNode(folder: IcingaFolder): Promise<IcingaNode> {
  const files = writtenFiles(folder);
  const [vars, [at, objectsAt]] = await Promise.all([
    readBytes(files.vars),
    Promise.all([files.vars, files.objects].map(async (path) => (await lookAt(path))?.modified)),
  ]);
  const constants = readConstants(vars ?? new Uint8Array());
  const name = constants.get("NodeName");
  const isCurrent = at !== undefined && objectsAt !== undefined && objectsAt > at - WRITTEN_WITHIN;
  const objects = isCurrent ? await readBytes(files.objects) : undefined;
  if (objects && name !== undefined) return nodeOf(name, readObjects(objects), files.objects);
  return await readPlainNode(folder, constants);
}

/** Which node `name` is among the objects. */
function nodeOf(name: string, objects: readonly IcingaObject[], source: string): IcingaNode {
  const of = (type: string) => objects.filter((object) => object.type === type);
  const [api] = of("ApiListener");
  const zones = of("Zone");
  const endpointsOf = (zone?: IcingaObject) => listOf(zone?.properties.endpoints);
  const own = zones.find((zone) => endpointsOf(zone).includes(name));
  const parent = zones.find((zone) => own && zone.name === own.properties.parent);
  const endpoints = new Map(of("Endpoint").map((endpoint) => [endpoint.name, endpoint.properties]));
  const known = own && (!own.properties.parent || parent) &&
    endpointsOf(parent).every((name) => endpoints.has(name));
  const crl = textOf(api?.properties.crl_path);
  const bind = textOf(api?.properties.bind_host);
  return {
    name,
    source,
    ...(api && { port: portOf(api.properties.bind_port) }),
    ...(!["", "::", "0.0.0.0"].includes(bind) && { bind }),
    ...(crl && { crl }),
    ...(known && {
      parents: endpointsOf(parent).map((name) => {
        const host = textOf(endpoints.get(name)?.host);
        return { name, ...(host && { host }), port: portOf(endpoints.get(name)?.port) };
      }),
    }),
  };
}

function portOf(value: unknown): number {
  const port = Number(value);
  return Number.isInteger(port) && port > 0 && port < 65536 ? port : ICINGA_PORT;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** Larger files are not read, bytes: 10,000 objects take 20 MB. */
const MOST_BYTES = 64 * 1024 ** 2;

async function readBytes(path: string): Promise<Uint8Array | undefined> {
  try {
    const { size } = await Deno.stat(path);
    return size > MOST_BYTES ? undefined : await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

const decoder = new TextDecoder();
const decode = (bytes: Uint8Array) => decoder.decode(bytes);

/** The constants in `icinga2.vars` that are texts or numbers, as texts. */
function readConstants(bytes: Uint8Array): Map<string, string> {
  const found = [...netstrings(bytes)].map(parse)
    .map((one) => {
      const value = one?.value;
      return [textOf(one?.name), typeof value === "number" ? `${value}` : textOf(value)] as const;
    });
  return new Map(found.filter(([name, value]) => name !== "" && value !== ""));
}

/** Only these are parsed: a configuration has hundreds of check commands. An object ends with its type. */
const WANTED = /"type":"(?:Endpoint|Zone|ApiListener)"\}$/;

function readObjects(bytes: Uint8Array): IcingaObject[] {
  return [...netstrings(bytes)].flatMap((text) => {
    const value = WANTED.test(decode(text.subarray(-40))) ? parse(text) : undefined;
    if (!value || !isObject(value.properties)) return [];
    return { type: textOf(value.type), name: textOf(value.name), properties: value.properties };
  });
}

function parse(text: Uint8Array): Record<string, unknown> | undefined {
  const value = attempt(() => JSON.parse(decode(text)), () => undefined);
  return isObject(value) ? value : undefined;
}

/** Reads the configuration itself, which is a language: what is not written plainly stays unknown. */
async function readPlainNode(
  { config }: IcingaFolder,
  known: ReadonlyMap<string, string>,
): Promise<IcingaNode> {
  const source = join(config, "zones.conf");
  const [constants, zones, api] = await Promise.all([
    readPlain(join(config, "constants.conf")),
    readPlain(source),
    readPlain(join(config, "features-enabled", "api.conf")),
  ]);
  const written = constants.matchAll(/^\s*const\s+(\w+)\s*=\s*"([^"\\]*)"\s*;?\s*$/gm);
  const values = new Map([...written].map(([, name, value]) => [name!, value!] as const));
  for (const [name, value] of known) values.set(name, value);
  const name = values.get("NodeName");
  if (name === undefined) return {};
  return nodeOf(name, plainObjects(`${zones}\n${api}`, values), source);
}

/** Files that are included in one that is included are read so far. */
const DEPTH = 3;

/**
 * A file of the configuration without its comments, and what it includes by a plain path: on Windows a feature that is
 * on is a file that includes another one.
 */
async function readPlain(file: string, depth = DEPTH): Promise<string> {
  const text = withoutComments(decode(await readBytes(file) ?? new Uint8Array()));
  const paths = depth === 0 ? [] : [...text.matchAll(/^\s*include\s+"([^"\\*?]+)"/gm)]
    .map(([, path]) => resolve(dirname(file), path!));
  const included = await Promise.all(paths.map((path) => readPlain(path, depth - 1)));
  return [text, ...included].join("\n");
}

/** What is read of an object, where it begins to be assigned. */
const ASSIGNED =
  /(?:^|[;,\n])\s*(host|port|endpoints|parent|bind_host|bind_port|crl_path)\s*(?=[-+*/]?=)/g;

/** The same, assigned a list, a text, or a number or name, and nothing after it. */
const PLAIN = /(?:^|[;,\n])\s*(\w+)\s*=\s*(\[[^\]]*\]|"[^"\\]*"|[\w.]+)[^\S\n]*(?=[;,\n]|$)/g;

/** Where objects depend on a condition it is not known which there are. */
const CONDITION = /^\s*(?:if|for|while)\s*\(/m;

/**
 * Objects of which all that is read is a text, a number, a list, or a constant that is known. Others are left out: what
 * they have is not known.
 */
function plainObjects(text: string, constants: ReadonlyMap<string, string>): IcingaObject[] {
  const valueOf = (word: string): unknown => {
    if (word.startsWith("[")) {
      return word.slice(1, -1).split(",").map((item) => item.trim()).filter(Boolean).map(valueOf);
    }
    return /^"[^"\\]*"$/.test(word) ? word.slice(1, -1) : constants.get(word) ?? word;
  };
  const found = CONDITION.test(text) ? [] : text.matchAll(
    /^\s*object\s+(\w+)\s+("[^"\\]*"|\w+)\s*\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}/gm,
  );
  return [...found].flatMap(([, type, name, inside]) => {
    const body = inside!.replaceAll(/\{[^{}]*\}/g, "{}").trim();
    const plain = [...body.matchAll(PLAIN)].map(([, key, value]) => [key!, value!] as const);
    const isKnown = (value: string) => !/^[a-z_]\w*$/i.test(value) || constants.has(value);
    const keys = new Set(plain.filter(([, value]) => isKnown(value)).map(([key]) => key));
    const isPlain = !/(?:^|[;,\n])\s*import\b/.test(body) &&
      [...body.matchAll(ASSIGNED)].every(([, key]) => keys.has(key!));
    const properties = Object.fromEntries(plain.map(([key, value]) => [key, valueOf(value)]));
    return isPlain ? [{ type: type!, name: String(valueOf(name!)), properties }] : [];
  });
}

/** What is within quotes is no comment, such as `"conf.d/*.conf"`. */
function withoutComments(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(
    /("(?:[^"\\\n]|\\.)*")|\/\*[^]*?\*\/|(?:\/\/|#).*$/gm,
    (_, kept) => kept ?? "",
  );
}
