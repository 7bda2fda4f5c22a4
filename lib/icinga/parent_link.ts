import type { Clock } from "../base/mod.ts";
import {
  connectionKey,
  type HostSources,
  LINK_AGE,
  ownAddresses,
  parentLinks,
  Seen,
  type TreeFacts,
} from "./connections.ts";
import type { IcingaFolder } from "./folder.ts";
import { type Answer, tryHandshake } from "./handshake.ts";
import { readLog, refusalIn } from "./log.ts";
import { describeEndpoint, type Endpoint, type IcingaNode } from "./node.ts";

/** What is seen of the connection to the parents. */
export interface ParentLink {
  /** The parent it leads to, and since when, UTC ISO 8601; absent while there is none older than a minute. */
  connected?: { to: string; since: string };
  /** Addresses to which a younger connection leads. */
  young: string[];
  /** The connections have been looked at for less than a minute: a young one may be as old as the service. */
  isEarly?: true;
  /** While there is none: what a parent's port answered, the best of them. */
  answer?: Answer & { parent: string };
  /** While there is none: no parent's port was tried, since without `ca.crt` no answer can be judged. */
  isUntried?: true;
  /** While there is none: what Icinga's log says of it. */
  refusal?: { line: string; meaning: string; advice: string };
}

/** What the connection is read from. */
export interface ParentLinkParts {
  folder: IcingaFolder;
  sources: Pick<HostSources, "connections" | "events">;
  /** How often a sample is taken, ms. */
  every: number;
  clock: Pick<Clock, "now">;
  /** How long a handshake may take, ms. Default: 10 s. */
  limit?: number;
}

/** How often a parent's port is tried while there is no connection, ms. */
const PARENT_EVERY = 60_000;

/**
 * A parent's connection is looked for again after this time, ms: in every second sample, since one that was there 60 s
 * ago and is there now has lasted. Of all that is sampled the table of connections costs the system most.
 */
const LINK_EVERY = 45_000;

/** Older lines of the log do not explain a missing connection, ms. */
const REFUSAL_AGE = 2 * 60_000;

/** Follows the connection to the parents from sample to sample: its age is in no single one. */
export class ParentLinks {
  readonly #parts: ParentLinkParts;
  readonly #seen: Seen;
  #link: { at: number; node: IcingaNode; root: number | undefined; link: ParentLink } | undefined;
  #parent: { at: number; answer: Answer & { parent: string } } | undefined;

  /** Nothing is read before the first sample. */
  constructor(parts: ParentLinkParts) {
    this.#parts = parts;
    this.#seen = new Seen(3 * parts.every);
  }

  /**
   * The connection as it is now, or why none can be looked for.
   *
   * @param tree the service's processes; undefined while it does not run.
   * @param ca the certificate of the authority, PEM; empty: no parent's port is tried.
   */
  async read(
    node: IcingaNode,
    tree: TreeFacts | undefined,
    ca: string,
  ): Promise<ParentLink | string> {
    const { parents, port } = node;
    if (!parents) return "it is not known which endpoints are the parents";
    if (parents.length === 0) return "the node has no parents: it is a master";
    // A parent that connects to this node could not be told: the file was torn on a full disk, or there is none.
    if (port === undefined) return "no ApiListener is known, so its connections are not";
    if (!tree) return "the service has no process";
    const now = this.#parts.clock.now();
    const [root] = tree.pids;
    const isKnown = this.#link?.node === node && this.#link.root === root &&
      now - this.#link.at < LINK_EVERY;
    if (isKnown) return this.#link!.link;
    this.#link = undefined;
    const connections = await this.#parts.sources.connections(tree);
    this.#seen.look(connections.map(connectionKey), now);
    const plan = { ports: parents.map(({ port }) => port), port, own: ownAddresses() };
    const links = parentLinks(connections, plan, (key) => this.#seen.age(key));
    const [oldest] = links.toSorted((a, b) => b.age - a.age);
    if (oldest && oldest.age >= LINK_AGE) {
      this.#parent = undefined;
      const since = new Date(Date.now() - oldest.age).toISOString();
      const link = { connected: { to: oldest.to, since }, young: [] };
      this.#link = { at: now, node, root, link };
      return link;
    }
    const young = links.map(({ to }) => to);
    const isEarly = young.length > 0 && this.#seen.span < LINK_AGE;
    if (ca !== "" && (!this.#parent || now - this.#parent.at >= PARENT_EVERY)) {
      const answer = await askParents(parents, ca, this.#parts.limit);
      this.#parent = answer && { at: now, answer };
    }
    const since = Date.now() - REFUSAL_AGE;
    const { lines } = await readLog(this.#parts.folder, since, this.#parts.sources.events);
    const refusal = refusalIn(lines, since);
    const answer = this.#parent?.answer;
    const isUntried = !answer && ca === "" && parents.some(({ host }) => host !== undefined);
    const found = {
      ...(answer && { answer }),
      ...(isUntried && { isUntried }),
      ...(refusal && { refusal }),
    };
    return { young, ...(isEarly && { isEarly }), ...found };
  }
}

const ORDER: readonly Answer["is"][] = ["good", "certificate", "silent", "unreachable"];

/** The best answer of the parents that this node can connect to; undefined when there is none of these. */
async function askParents(
  parents: readonly Endpoint[],
  ca: string,
  limit: number | undefined,
): Promise<Answer & { parent: string } | undefined> {
  const known = parents.filter(({ host }) => host !== undefined);
  const answers = await Promise.all(known.map(async (parent) => ({
    ...await tryHandshake({ hostname: parent.host!, port: parent.port, ca, limit }),
    parent: describeEndpoint(parent),
  })));
  return answers.sort((a, b) => ORDER.indexOf(a.is) - ORDER.indexOf(b.is))[0];
}
