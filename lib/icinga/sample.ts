import { join } from "node:path";
import { statfs } from "node:fs/promises";
import { errorMessage, plainSystem } from "../base/mod.ts";
import {
  type CertificateFacts,
  certificateFiles,
  nextUpdate,
  readCertificate,
} from "./certificate.ts";
import { type HostSources, Seen, type TreeFacts } from "./connections.ts";
import type { Diagnosis } from "./diagnose.ts";
import { type IcingaFolder, listFolder, lookAt } from "./folder.ts";
import { type Answer, shownCertificate, tryHandshake } from "./handshake.ts";
import { readLog, stateAttempt, TRIED_WITHIN } from "./log.ts";
import { describeEndpoint, type IcingaNode, readNode, writtenFiles } from "./node.ts";
import { type ParentLink, type ParentLinkParts, ParentLinks } from "./parent_link.ts";
import { STATE_LATE } from "./settings.ts";
import { stateFileOf } from "./state_file.ts";

/** What is seen of Icinga 2 at a time: plain data, shared as `Agent.Host`. What could not be seen is absent. */
export interface IcingaSample {
  /** When it was taken, UTC ISO 8601. */
  at: string;
  /** The folder that holds Icinga's. */
  dataDir: string;
  /** The name of the node. */
  node?: string;
  /** The parents, each `name (host:port)`; absent where they are not known, empty for a master. */
  parents?: string[];
  /**
   * `icinga2.state`: when it was written (UTC ISO 8601), for how many seconds of watching it has not been, and the line of
   * the log where Icinga still tries to.
   */
  stateFile?: { modified: string; unchanged: number; tried?: string };
  /**
   * The node's certificate: when it ends, when the file was changed, when it begins while that lies in the future (UTC
   * ISO 8601); why nobody accepts it and how to fix that, and that Icinga 2 still shows another one.
   */
  certificate?: {
    file: string;
    ends: string;
    modified: string;
    begins?: string;
    fault?: string;
    mend?: string;
    isLoaded?: false;
  };
  /** The list of revoked certificates: when the next is due, UTC ISO 8601. */
  crl?: { file: string; due: string };
  /** Bytes. */
  disk?: { free: number; log: number; replay: number };
  /**
   * The service's process and all that it started: bytes; percent of one processor since the sample before; the
   * service's program where none of them is Icinga's.
   */
  tree?: { processes: number; memory?: number; cpu?: number; foreign?: string };
  /** The own port: what came of the last handshake. */
  port?: Answer & { port: number };
  /** The connection to the parents. */
  link?: ParentLink;
  /** Why the service has stopped; absent while it runs well. */
  diagnosis?: Diagnosis;
  /** What is wrong with the configuration, with its place; looked for while a probe fails that may restart the service. */
  invalid?: string;
  /** Why a part is absent, by the part's name. */
  unknown: Record<string, string>;
}

/** What a sampler is made of. */
export interface SamplerParts extends ParentLinkParts {
  sources: HostSources;
  /** What is sampled; `processes`: only the processes. Default: `icinga`. */
  look?: "icinga" | "processes";
}

/** An own connection writes two lines into Icinga's log, and no Windows host rotates that, ms. */
const PORT_EVERY = 5 * 60_000;

/** Takes samples of one Icinga 2; keeps what follows only from several of them. */
export class Sampler {
  readonly #parts: SamplerParts;
  readonly #links: ParentLinks;
  readonly #unchanged: Seen;
  /** The id of the service's process, as it was last known. */
  #root: number | undefined;
  #used: { at: number; cpu: number; key: string } | undefined;
  readonly #node = new Unchanged<IcingaNode>();
  readonly #own = new Unchanged<CertificateFacts | undefined>();
  #port: { at: number; answer: Answer } | undefined;
  #shown: { at: number; key: string; isLoaded: boolean } | undefined;

  /** Nothing is read before the first sample. */
  constructor(parts: SamplerParts) {
    this.#parts = parts;
    this.#links = new ParentLinks(parts);
    this.#unchanged = new Seen(3 * parts.every);
  }

  /** Takes a sample. Never rejects: what fails is in `unknown`. */
  async take(): Promise<IcingaSample> {
    const { folder, sources, look = "icinga" } = this.#parts;
    const sample: IcingaSample = {
      at: new Date().toISOString(),
      dataDir: folder.root,
      unknown: {},
    };
    const part = async (name: string, read: () => Promise<Partial<IcingaSample> | string>) => {
      if (look === "processes" && name !== "tree") return;
      try {
        const found = await read();
        if (typeof found === "string") sample.unknown[name] = found;
        else Object.assign(sample, found);
      } catch (error) {
        sample.unknown[name] = plainSystem(errorMessage(error));
      }
    };
    let node: IcingaNode = {};
    let tree: TreeFacts | undefined;
    await Promise.all([
      part("node", async () => {
        node = await this.#readNode();
        const { name, parents } = node;
        if (name === undefined) return `neither icinga2.vars nor constants.conf names it`;
        return { node: name, ...(parents && { parents: parents.map(describeEndpoint) }) };
      }),
      part("tree", async () => {
        tree = await sources.tree();
        if (!tree) return "the service has no process";
        const { pids, memory, foreign } = tree;
        const cpu = this.#load(tree);
        const known = {
          ...(memory !== undefined && { memory }),
          ...(cpu !== undefined && { cpu }),
          ...(foreign !== undefined && { foreign }),
        };
        return { tree: { processes: pids.size, ...known } };
      }),
      part("disk", () => readDisk(folder)),
    ]);
    const ca = node.name === undefined
      ? ""
      : await Deno.readTextFile(certificateFiles(folder, node.name).ca).catch(() => "");
    await Promise.all([
      part("stateFile", () => this.#stateFile(tree)),
      part("certificate", () => this.#certificate(node, tree)),
      part("crl", () => readCrl(node)),
      part("port", () => this.#readPort(node, ca)),
      part("link", async () => {
        const link = await this.#links.read(node, tree, ca);
        return typeof link === "string" ? link : { link };
      }),
    ]);
    return sample;
  }

  /** Percent of one processor since the sample before; undefined for other processes, and when it is not known. */
  #load({ cpu, pids }: TreeFacts): number | undefined {
    const now = this.#parts.clock.now(), before = this.#used;
    const key = [...pids].join(" ");
    this.#used = cpu === undefined ? undefined : { at: now, cpu, key };
    if (cpu === undefined || before?.key !== key || now === before.at) return undefined;
    return Math.round(Math.max(0, cpu - before.cpu) / ((now - before.at) / 1000) * 100);
  }

  #readNode(): Promise<IcingaNode> {
    const { folder } = this.#parts;
    const { vars, objects } = writtenFiles(folder);
    const files = [vars, objects, join(folder.config, "zones.conf")];
    return this.#node.read(files, () => readNode(folder));
  }

  /** A process writes it for the first time after 5 min: how long the one before did not counts no more. */
  async #stateFile(tree: TreeFacts | undefined): Promise<Partial<IcingaSample> | string> {
    const path = stateFileOf(this.#parts.folder);
    const facts = await lookAt(path);
    if (!facts) return `there is no ${path}`;
    if (tree) [this.#root] = tree.pids;
    const key = `${facts.modified} ${facts.size} ${this.#root}`;
    this.#unchanged.look([key], this.#parts.clock.now());
    const modified = new Date(facts.modified).toISOString();
    const unchanged = Math.round(this.#unchanged.age(key) / 1000);
    const tried = unchanged < STATE_LATE ? undefined : await this.#tried();
    return { stateFile: { modified, unchanged, ...(tried !== undefined && { tried }) } };
  }

  /** Whether Icinga still tries to write its state. */
  async #tried(): Promise<string | undefined> {
    const { folder, sources } = this.#parts;
    const log = await readLog(folder, Date.now() - TRIED_WITHIN, sources.events).catch(() => {});
    return stateAttempt(log?.lines ?? []);
  }

  async #readPort(
    { name, port, bind }: IcingaNode,
    ca: string,
  ): Promise<Partial<IcingaSample> | string> {
    if (name === undefined) return "the name of the node is not known";
    if (port === undefined) return "the node has no ApiListener, so it has no port";
    if (ca === "") return "ca.crt is missing or empty";
    const now = this.#parts.clock.now();
    if (!this.#port || now - this.#port.at >= PORT_EVERY || this.#port.answer.is !== "good") {
      const answer = await tryHandshake({
        hostname: bind ?? "127.0.0.1",
        port,
        ca,
        limit: this.#parts.limit,
      });
      this.#port = { at: now, answer };
    }
    return { port: { port, ...this.#port.answer } };
  }

  async #certificate(
    node: IcingaNode,
    tree: TreeFacts | undefined,
  ): Promise<Partial<IcingaSample> | string> {
    const { folder } = this.#parts;
    if (node.name === undefined) return "the name of the node is not known";
    const { name } = node, { own, ca } = certificateFiles(folder, name);
    const facts = await this.#own.read([own, ca], () => readCertificate(folder, name));
    if (!facts) return `there is no ${own}`;
    const { fingerprint, file, fault, mend } = facts;
    const [begins, ends, modified] = [facts.begins, facts.ends, facts.modified]
      .map((at) => new Date(at).toISOString());
    const started = tree?.started ?? Infinity;
    // A file from the future, after the clock was set back, is ignored.
    const isNewer = facts.modified > started && facts.modified <= Date.now();
    const isLoaded = !isNewer || await this.#isLoaded(node, `${started} ${fingerprint}`);
    const known = {
      file,
      ends: ends!,
      modified: modified!,
      ...(facts.begins > Date.now() && { begins: begins! }),
      ...(fault && { fault }),
      ...(mend && { mend }),
    };
    return { certificate: { ...known, ...(!isLoaded && { isLoaded }) } };
  }

  /**
   * Whether the own port shows the certificate of the file. Icinga 2 loads one that it has renewed itself, so that the
   * file is newer than its process then too.
   *
   * @param key ends with the fingerprint of the file.
   */
  async #isLoaded({ port, bind }: IcingaNode, key: string): Promise<boolean> {
    const now = this.#parts.clock.now(), before = this.#shown;
    const isKnown = before?.key === key && (before.isLoaded || now - before.at < PORT_EVERY);
    if (isKnown || port === undefined) return before?.isLoaded ?? true;
    const { limit } = this.#parts;
    const shown = await shownCertificate({ hostname: bind ?? "127.0.0.1", port, limit })
      .catch(() => undefined);
    const isLoaded = shown === undefined || key.endsWith(` ${shown.fingerprint}`);
    this.#shown = { at: now, key, isLoaded };
    return isLoaded;
  }
}

/** What was read of files, and is read again when one of them has changed. */
class Unchanged<T> {
  #known: { key: string; value: T } | undefined;

  async read(files: readonly string[], read: () => Promise<T>): Promise<T> {
    const key = JSON.stringify([files, await Promise.all(files.map(lookAt))]);
    if (this.#known?.key !== key) this.#known = { key, value: await read() };
    return this.#known.value;
  }
}

async function readCrl({ crl }: IcingaNode): Promise<Partial<IcingaSample> | string> {
  if (crl === undefined) return "the configuration names no crl_path";
  const due = nextUpdate(await Deno.readTextFile(crl));
  return due === undefined
    ? `${crl} does not say when the next is due`
    : { crl: { file: crl, due: new Date(due).toISOString() } };
}

async function readDisk(folder: IcingaFolder): Promise<Partial<IcingaSample> | string> {
  if (!await lookAt(folder.data)) return `there is no ${folder.data}`;
  const { bavail, bsize } = await statfs(folder.data);
  const [log, replays] = await Promise.all([
    lookAt(join(folder.log, "icinga2.log")),
    listFolder(join(folder.data, "api", "log")),
  ]);
  const replay = replays.reduce((sum, { size }) => sum + size, 0);
  return { disk: { free: bavail * bsize, log: log?.size ?? 0, replay } };
}
