import { resolve } from "node:path";
import { type Clock, errorMessage, plainError, replaceFile } from "../base/mod.ts";
import { type Address, formatAddress, type MetricsConfig } from "../config/mod.ts";
import type { ReportTrouble } from "../daemon/mod.ts";
import type { agentLog } from "../log/mod.ts";
import { basicOf } from "./access/guard.ts";
import { isSameSecret } from "./access/sessions.ts";
import type { EventSources } from "./events.ts";
import { HttpError, response } from "./http/message.ts";
import { HttpServer } from "./http/server.ts";

/**
 * Serves the metrics, and nothing else, on an address of their own; returns what closes that.
 *
 * @param home what paths in the configuration are relative to.
 * @throws {Error} in one line, when a file cannot be read or the address cannot be had.
 */
export async function startExporter(
  config: MetricsConfig | undefined,
  home: string,
  sources: EventSources,
  log: ReturnType<typeof agentLog>,
): Promise<(() => Promise<void>) | undefined> {
  if (!config?.listen) return undefined;
  const { listen } = config;
  const credentials = await readCredentials(config, home);
  const listener = await listenOn(listen, config, home);
  const server = new HttpServer(listener, {
    handle: (request) => handleScrape(request, credentials, sources),
    onFailure: (error) => log.error(`The metrics endpoint failed: ${error}`),
  });
  const scheme = config.certFile === undefined ? "http" : "https";
  log.info(`Metrics are served on ${scheme}://${formatAddress(listen)}/metrics`);
  const danger = describeDanger({ ...config, listen });
  if (danger !== undefined) log.warning(danger);
  return () => server.close();
}

/** The response to a scrape, here and on the control endpoint. */
export async function metrics(sources: EventSources): Promise<Response> {
  const { formatMetrics, METRICS_TYPE } = await import("./prometheus.ts");
  return response(METRICS_TYPE, await formatMetrics(sources));
}

/** A warning, in one line, when other hosts can read the metrics or the password; undefined when they cannot. */
export function describeDanger(
  { listen, user, certFile }: Pick<MetricsConfig, "user" | "certFile"> & { listen: Address },
): string | undefined {
  if (/^(?:127\.|\[?::1\]?$|localhost$)/.test(listen.hostname)) return undefined;
  const at = `Metrics on ${formatAddress(listen)} are`;
  if (user === undefined) {
    return `${at} for everybody who reaches it; name user and passwordFile in control.metrics`;
  }
  if (certFile !== undefined) return undefined;
  return `${at} not encrypted, nor is the password; name certFile and keyFile in control.metrics`;
}

/**
 * Answers a scrape.
 *
 * @param credentials `<user>:<password>` that it has to bear; undefined: none.
 * @throws {HttpError} 401, 404 or 405.
 */
function handleScrape(
  request: Request,
  credentials: string | undefined,
  sources: EventSources,
): Promise<Response> {
  if (credentials !== undefined && !isSameSecret(basicOf(request.headers), credentials)) {
    throw new HttpError(401, "User or password is missing or wrong", {
      "www-authenticate": 'Basic realm="icinga-warden", charset="UTF-8"',
    });
  }
  if (new URL(request.url).pathname !== "/metrics") {
    throw new HttpError(404, "There is only /metrics here");
  }
  if (!["GET", "HEAD"].includes(request.method)) {
    throw new HttpError(405, "Only GET is for /metrics", { allow: "GET, HEAD" });
  }
  return metrics(sources);
}

/** `<user>:<password>`; undefined when none are needed. */
async function readCredentials(
  { user, passwordFile }: MetricsConfig,
  home: string,
): Promise<string | undefined> {
  if (user === undefined || passwordFile === undefined) return undefined;
  const [password = ""] = (await read("passwordFile", home, passwordFile)).split(/\r?\n/);
  if (password === "") {
    const file = resolve(home, passwordFile);
    throw new Error(`control.metrics.passwordFile: the first line of ${file} is empty`);
  }
  return `${user}:${password}`;
}

async function listenOn(
  address: Address,
  { certFile, keyFile }: MetricsConfig,
  home: string,
): Promise<Deno.Listener> {
  const tls = certFile === undefined || keyFile === undefined
    ? undefined
    : { cert: await read("certFile", home, certFile), key: await read("keyFile", home, keyFile) };
  return bind("metrics", address, "see control.metrics", tls);
}

/**
 * Listens on an address.
 *
 * @param what is served there, for the error.
 * @param hint what to do when the address cannot be had.
 * @param tls certificate and key, in PEM. Default: plain.
 * @throws {Error} in one line, when it cannot be had.
 */
export function bind(
  what: string,
  address: Address,
  hint: string,
  tls?: { cert: string; key: string },
): Deno.Listener {
  try {
    return tls ? Deno.listenTls({ ...address, ...tls }) : Deno.listen(address);
  } catch (error) {
    const isTaken = error instanceof Deno.errors.AddrInUse;
    const why = isTaken ? "another program has it" : plainError(error);
    throw new Error(`Cannot serve ${what} on ${formatAddress(address)}: ${why}; ${hint}`);
  }
}

async function read(key: string, home: string, file: string): Promise<string> {
  const path = resolve(home, file);
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new Error(`control.metrics.${key}: cannot read ${path}: ${plainError(error)}`);
  }
}

/** What a textfile is written with. */
export interface TextfileParts {
  /** The home folder, which the path may be relative to. */
  home: string;
  clock: Clock;
  /** Told why it cannot be written, and that it can again. */
  report: ReportTrouble;
}

/** An unchanged file is written again after this multiple of `every`: an old file means that the agent has ended. */
const REWRITE_AFTER = 5;

/** Whether the textfile has to be written. `age` is how long ago it was written, ms. */
export function isTextfileDue(isChanged: boolean, age: number, every: number): boolean {
  return isChanged || age >= REWRITE_AFTER * every;
}

/**
 * Writes the metrics into the file of `control.metrics.textfile` at each `every` until `signal` is aborted. A reader
 * finds the old text or the new one. What fails is reported and tried again. Never rejects; the file stays.
 */
export async function keepTextfile(
  { textfile, every }: Pick<MetricsConfig, "textfile" | "every">,
  sources: EventSources,
  { home, clock, report }: TextfileParts,
  signal: AbortSignal,
): Promise<void> {
  if (textfile === undefined) return;
  const path = resolve(home, textfile);
  const { formatMetrics } = await import("./prometheus.ts");
  let written = { text: "", at: -Infinity };
  for (;;) {
    try {
      const text = await formatMetrics(sources, { ownNames: true });
      if (isTextfileDue(text !== written.text, clock.now() - written.at, every)) {
        // No flush to the disk: after a crash the file is written again.
        await replaceFile(path, text, { flush: false, mode: 0o644 });
        written = { text, at: clock.now() };
      }
      report("textfile", undefined);
    } catch (error) {
      report("textfile", `control.metrics.textfile: ${errorMessage(error)}`);
    }
    if (await clock.sleep(every, signal).then(() => false, () => true)) return;
  }
}
