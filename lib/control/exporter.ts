import { resolve } from "node:path";
import { errorMessage } from "../base/mod.ts";
import { type Address, formatAddress, type MetricsConfig } from "../config/mod.ts";
import type { agentLog } from "../log/mod.ts";
import { basicOf } from "./access/guard.ts";
import { isSameSecret } from "./access/sessions.ts";
import type { EventSources } from "./events.ts";
import { HttpError, HttpServer, response } from "./http/mod.ts";

interface Credentials {
  user: string;
  password: string;
}

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
  if (!config || !isServed(config)) return undefined;
  const credentials = await readCredentials(config, home);
  const listener = await listen(config, home);
  const server = new HttpServer(listener, {
    handle: (request) => handleScrape(request, credentials, sources),
    onFailure: (error) => log.error(`The metrics endpoint failed: ${error}`),
  });
  const scheme = config.certFile === undefined ? "http" : "https";
  log.info(`Metrics are served on ${scheme}://${formatAddress(config.listen)}/metrics`);
  const danger = describeDanger(config);
  if (danger !== undefined) log.warning(danger);
  return () => server.close();
}

/** The response to a scrape, here and on the control endpoint. */
export async function metrics({ state, status, changes }: EventSources): Promise<Response> {
  const { formatMetrics, METRICS_TYPE } = await import("./prometheus.ts");
  return response(METRICS_TYPE, await formatMetrics(state, status(), changes()));
}

/** Metrics with an address of their own. */
type ServedMetrics = MetricsConfig & { listen: Address };

function isServed(config: MetricsConfig): config is ServedMetrics {
  return config.listen !== undefined;
}

/** A warning, in one line, when other hosts can read the metrics or the password; undefined when they cannot. */
export function describeDanger(
  { listen, user, certFile }: Pick<ServedMetrics, "listen" | "user" | "certFile">,
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
 * @throws {HttpError} 401, 404 or 405.
 */
export function handleScrape(
  request: Request,
  credentials: Credentials | undefined,
  sources: EventSources,
): Promise<Response> {
  if (credentials && !isKnown(request.headers, credentials)) {
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

/** Both are always compared, so that the time reveals nothing. */
function isKnown(headers: Headers, credentials: Credentials): boolean {
  const given = basicOf(headers) ?? { user: "", password: "" };
  const [user, password] = [
    isSameSecret(given.user, credentials.user),
    isSameSecret(given.password, credentials.password),
  ];
  return user && password;
}

async function readCredentials(
  { user, passwordFile }: MetricsConfig,
  home: string,
): Promise<Credentials | undefined> {
  if (user === undefined || passwordFile === undefined) return undefined;
  const [password = ""] = (await read("passwordFile", home, passwordFile)).split(/\r?\n/);
  if (password === "") {
    throw new Error(`control.metrics.passwordFile ${passwordFile}: its first line is empty`);
  }
  return { user, password };
}

async function listen(config: ServedMetrics, home: string): Promise<Deno.Listener> {
  const { listen: address, certFile, keyFile } = config;
  const tls = certFile === undefined || keyFile === undefined
    ? undefined
    : { cert: await read("certFile", home, certFile), key: await read("keyFile", home, keyFile) };
  return bind(
    "metrics",
    address,
    "see control.metrics",
    () => tls ? Deno.listenTls({ ...address, ...tls }) : Deno.listen(address),
  );
}

/**
 * Listens on an address.
 *
 * @param what is served there, for the error.
 * @param hint what to do when the address cannot be had.
 * @throws {Error} in one line, when it cannot be had.
 */
export function bind(
  what: string,
  address: Address,
  hint: string,
  listen: () => Deno.Listener,
): Deno.Listener {
  try {
    return listen();
  } catch (error) {
    const isTaken = error instanceof Deno.errors.AddrInUse;
    const why = isTaken ? "another program has it" : errorMessage(error);
    throw new Error(`Cannot serve ${what} on ${formatAddress(address)}: ${why}; ${hint}`);
  }
}

async function read(key: string, home: string, file: string): Promise<string> {
  const path = resolve(home, file);
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new Error(`control.metrics.${key}: cannot read ${path}: ${errorMessage(error)}`);
  }
}
