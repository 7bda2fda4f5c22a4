import type { DaemonContext } from "icinga-warden/daemon";
import { counted, errorMessage } from "../../lib/base/mod.ts";
import type { ObjectResult } from "../../lib/control/results.ts";
import {
  type Access,
  describeEndpoint,
  explainRefusedResult,
  fateOf,
  introduce,
  type Introduced,
  sendResult,
} from "../../lib/icinga/mod.ts";

/** What was sent last of an object. */
export interface Sent {
  /** When, ms of the clock. */
  at: number;
  exitStatus: number;
  summary: string;
}

/** The shortest time between two results of an object whose text changes and whose state does not, ms. */
const TEXT_EVERY = 30_000;

/** Time between two checks for results that change with time alone, such as a verdict that expires, ms. */
const LOOK_EVERY = 10_000;

/** How long to wait for further changes that belong to the same event, ms. */
const SETTLE = 200;

/** The ttl of a result, in intervals: one result may be lost. */
const TTL = 2.5;

/**
 * The results to send: those never sent, those whose state has changed, those whose text has changed and that were not
 * sent just now, and all others at each interval.
 *
 * @param sent by the object's name.
 * @param now ms of the clock.
 * @param every the interval, ms.
 */
export function dueResults(
  results: readonly ObjectResult[],
  sent: ReadonlyMap<string, Sent>,
  now: number,
  every: number,
): ObjectResult[] {
  return results.filter(({ service, exitStatus, summary }) => {
    const last = sent.get(service);
    if (!last || last.exitStatus !== exitStatus) return true;
    return now - last.at >= (last.summary === summary ? every : Math.min(every, TEXT_EVERY));
  });
}

/** How long to wait after failures in a row, ms: 1 s, 2 s, 4 s, `every` at most, and at random half of that or more. */
export function retryWait(failures: number, every: number, random: number): number {
  return Math.min(every, 1_000 * 2 ** (failures - 1)) * (0.5 + random / 2);
}

/** What a reporter works with. */
export interface ReporterParts {
  /** How often an unchanged result is sent, ms. */
  every: number;
  /** The results as they are now. */
  results(): ObjectResult[];
  /** The receivers and the credentials. @throws {Error} with a message of one line. */
  access(): Promise<Access>;
  clock: Pick<DaemonContext, "now" | "sleep">;
  /** From 0 to 1. */
  random(): number;
  log: Pick<DaemonContext["log"], "info" | "warning">;
  /** Reports the daemon's verdict. */
  report: DaemonContext["report"];
}

/** An open connection, and the host whose results it accepts. */
interface Link extends Introduced {
  host: string;
}

/**
 * Sends results to the first parent that accepts them. Only the latest result of each object is sent: nothing is queued
 * while no parent can be reached.
 */
export class Reporter {
  readonly #parts: ReporterParts;
  readonly #sent = new Map<string, Sent>();
  /** Why objects are refused, by name. */
  readonly #refused = new Map<string, string>();
  #link: Link | undefined;
  #failure: string | undefined;
  #to = "";
  #said = "";
  #changed = Promise.withResolvers<void>();

  /** Nothing is sent before {@linkcode run}. */
  constructor(parts: ReporterParts) {
    this.#parts = parts;
  }

  /** Call this when results may have changed. */
  wake(): void {
    this.#changed.resolve();
  }

  /**
   * Sends results until `signal` is aborted. Starts at a random time within the first interval, so that not all hosts
   * connect at the same time.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, every } = this.#parts;
    try {
      await clock.sleep(random() * every);
      for (let failures = 0;;) {
        failures = await this.#round() ? 0 : failures + 1;
        if (failures > 0) await clock.sleep(retryWait(failures, every, random()));
        else await this.#rest();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#link?.connection.close();
    }
  }

  /** Waits until something may have changed, or a result is due. */
  async #rest(): Promise<void> {
    const { clock, every } = this.#parts;
    const due = Math.min(...[...this.#sent.values()].map(({ at }) => at + every));
    const wait = clock.sleep(Math.max(1, Math.min(LOOK_EVERY, due - clock.now())));
    wait.catch(() => {});
    const isChange = await Promise.race([wait, this.#changed.promise.then(() => true)]);
    if (!isChange) return;
    await clock.sleep(SETTLE);
    this.#changed = Promise.withResolvers();
  }

  /** Sends what is due; false when no parent accepted it. */
  async #round(): Promise<boolean> {
    const { results, clock, every, log } = this.#parts;
    const all = results();
    const names = new Set(all.map(({ service }) => service));
    for (const name of this.#sent.keys()) if (!names.has(name)) this.#forget(name);
    const due = dueResults(all, this.#sent, clock.now(), every);
    try {
      if (due.length > 0) await this.#deliver(due);
    } catch (error) {
      const why = errorMessage(error);
      if (this.#failure === undefined) log.warning(`Cannot send results to Icinga: ${why}`);
      this.#failure = why;
      this.#sayVerdict();
      return false;
    }
    this.#failure = undefined;
    this.#sayVerdict();
    return true;
  }

  #forget(name: string): void {
    this.#sent.delete(name);
    this.#refused.delete(name);
  }

  /** @throws {Error} with the error of each parent, when no parent accepted all results. */
  async #deliver(results: readonly ObjectResult[]): Promise<void> {
    const left = [...results];
    const failures: string[] = [];
    const attempt = async (open: () => Promise<Link>) => {
      try {
        this.#link = await open();
        for (; left.length > 0; left.shift()) await this.#send(this.#link, left[0]!);
        return true;
      } catch (error) {
        this.#link?.connection.close();
        failures.push(errorMessage(error));
        return false;
      }
    };
    const link = this.#link;
    if (link?.connection.isOpen && await attempt(() => Promise.resolve(link))) return;
    // Icinga closes a connection after 10 s without use, so the error of an old one is not reported.
    failures.length = 0;
    const access = await this.#parts.access();
    for (const parent of access.parents) {
      if (await attempt(() => this.#open(parent, access))) return;
    }
    throw new Error(failures.join("; "));
  }

  async #open(parent: Access["parents"][number], access: Access): Promise<Link> {
    const introduced = await introduce(parent, access);
    const { host } = access;
    const to = `${describeEndpoint(parent)} as '${introduced.identity.user}'`;
    if (to !== this.#to || this.#failure !== undefined) {
      this.#parts.log.info(`Results of host '${host}' go to ${to}`);
    }
    this.#to = to;
    return { ...introduced, host };
  }

  /** @throws {Error} when it cannot be accepted now. */
  async #send({ connection, identity, host }: Link, result: ObjectResult): Promise<void> {
    const { clock, every, log } = this.#parts;
    const { service, exitStatus, summary } = result;
    const ttl = Math.round(every * TTL / 1_000);
    const answer = await sendResult(connection, { ...result, host, source: host, ttl });
    const fate = fateOf(answer.code);
    if (fate === "later" || fate === "unknown") {
      throw new Error(`${describeEndpoint(connection.endpoint)}: ${answer.code} ${answer.text}`);
    }
    this.#sent.set(service, { at: clock.now(), exitStatus, summary });
    if (fate === "refused") {
      const why = explainRefusedResult(answer, { host, service }, identity);
      if (!this.#refused.has(service)) log.warning(why);
      this.#refused.set(service, why);
    } else if (this.#refused.delete(service)) {
      log.info(`Icinga takes results of '${host}!${service}' now`);
    }
  }

  /** Reports the verdict when it has changed. It is `warning` when no object is accepted, and `ok` when some are. */
  #sayVerdict(): void {
    const { report } = this.#parts;
    const refused = [...this.#refused];
    const count = this.#sent.size - refused.length;
    const names = refused.map(([name]) => name).join(", ");
    const sent = `${counted(count, "result")} sent to ${this.#to}` +
      (names === "" ? "" : `, not taken: ${names}`);
    const text = this.#failure ?? (count > 0 ? sent : refused[0]?.[1]) ?? sent;
    if (text === this.#said) return;
    this.#said = text;
    const isWell = this.#failure === undefined && (count > 0 || refused.length === 0);
    report(isWell ? "ok" : "warning", text, { objects: count, refused: refused.length });
  }
}
