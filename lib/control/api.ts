import { errorMessage, excerpt, suggest } from "../base/mod.ts";
import { AGENT_MAPS } from "../daemon/mod.ts";
import { LOG_LEVELS, type LogFilter, readLogTail } from "../log/mod.ts";
import { bearerOf, cookieOf, guardRequest, refuseLate } from "./access/guard.ts";
import { isSameSecret, SESSION_TIME, type Tickets } from "./access/sessions.ts";
import type { TokenKind } from "./access/token.ts";
import type { EventHub, EventSources } from "./events.ts";
import { HttpError, jsonResponse, response } from "./http/message.ts";
import { metrics } from "./exporter.ts";
import { PAGE_FILES, readPageFile } from "../page/mod.ts";
import { parsePauseTime, PAUSE_TIMES } from "./client.ts";
import { allPaths, findInState } from "./find.ts";
import type { History } from "./history.ts";
import { pauseOf, watchedServices } from "./state_reader.ts";

/** What a control endpoint can do to its agent. */
export interface ControlledAgent {
  pause(by: "command", duration?: number, service?: string): Promise<void>;
  resume(service?: string): Promise<void>;
  restartDaemon(name: string): Promise<void>;
}

/** What the endpoint answers from. */
export interface ApiParts extends EventSources {
  agent: ControlledAgent;
  history: History;
  /** What opens the page once, and the pages that are open. */
  links: Tickets;
  sessions: Tickets;
  events: EventHub;
  /** The tokens, whole. */
  tokens: Readonly<Record<TokenKind, string>>;
  /** The port that is served. */
  port: number;
  /** Tells the log what was asked of the agent. */
  note: (message: string) => void;
}

/** The caller: unknown, a page with a session, or a client with a token. */
type Caller = "nobody" | "page" | TokenKind;

interface Call {
  request: Request;
  query: URLSearchParams;
  parts: ApiParts;
}

interface Route {
  /** Who may call it. */
  callers: readonly Caller[];
  run(call: Call): Response | Promise<Response>;
}

const ALL: readonly Caller[] = ["nobody", "page", "monitor", "control"];
const KNOWN: readonly Caller[] = ["page", "control"];
const MONITORS: readonly Caller[] = [...KNOWN, "monitor"];

/** Streams at a time; each costs the agent a little with every change. */
const MOST_STREAMS = 16;

const MOST_LINES = 1_000;

/** All that can be asked, by method and path; a GET, which answers HEAD too, never changes anything. */
const ROUTES: ReadonlyMap<string, Route> = new Map(Object.entries<Route>({
  ...Object.fromEntries([...PAGE_FILES].map(([path, name]) => [`GET ${path}`, file(name)])),
  "POST /api/login": { callers: ALL, run: logIn },
  "POST /api/logout": { callers: KNOWN, run: logOut },
  "POST /api/link": {
    callers: ["control"],
    run: ({ parts: { links, port } }) =>
      jsonResponse({ url: `http://127.0.0.1:${port}/#${links.issue()}` }),
  },
  "GET /api/status": { callers: MONITORS, run: ({ parts }) => jsonResponse(parts.status()) },
  "GET /api/state": { callers: KNOWN, run: readState },
  "GET /api/paths": { callers: KNOWN, run: ({ parts }) => jsonResponse(allPaths(parts.state)) },
  "GET /api/history": { callers: KNOWN, run: ({ parts }) => jsonResponse(parts.history.past()) },
  "GET /api/logs": {
    callers: KNOWN,
    run: ({ query, parts }) => {
      const { lines, ...filter } = readLogQuery(query);
      return jsonResponse(readLogTail(parts.logFile, lines, filter));
    },
  },
  "GET /api/events": { callers: KNOWN, run: streamEvents },
  "GET /metrics": { callers: MONITORS, run: ({ parts }) => metrics(parts) },
  "POST /api/pause": { callers: KNOWN, run: pause },
  "POST /api/resume": { callers: KNOWN, run: resume },
  "POST /api/restart": { callers: KNOWN, run: restart },
}));

/**
 * Answers one request.
 *
 * @throws {HttpError} with what is to be answered instead.
 */
export async function handleRequest(request: Request, parts: ApiParts): Promise<Response> {
  guardRequest(request, parts.port);
  refuseLate(request.headers, Date.now());
  const { pathname, searchParams: query } = new URL(request.url);
  const route = findRoute(request.method, pathname);
  const caller = identify(request.headers, parts);
  if (!route.callers.includes(caller)) {
    throw caller === "nobody"
      ? new HttpError(401, "The token is missing or wrong", BEARER)
      : new HttpError(403, "This needs the token in control.token");
  }
  return await route.run({ request, query, parts });
}

function findRoute(method: string, path: string): Route {
  const routeOf = (method: string) => ROUTES.get(`${method} ${path}`);
  const route = routeOf(method === "HEAD" ? "GET" : method);
  if (route) return route;
  const other = ["GET", "POST"].find(routeOf);
  if (other) {
    throw new HttpError(405, `Only ${other} is for ${path}`, {
      allow: other === "GET" ? "GET, HEAD" : other,
    });
  }
  throw new HttpError(404, "There is nothing of this name");
}

function identify(headers: Headers, { tokens, sessions, port }: ApiParts): Caller {
  const bearer = bearerOf(headers);
  if (bearer !== undefined) return whose(bearer, tokens) ?? "nobody";
  const session = cookieOf(headers, cookieName(port));
  return session !== undefined && sessions.holds(session) ? "page" : "nobody";
}

/** All are compared, so that the time reveals nothing. */
function whose(bearer: string, tokens: ApiParts["tokens"]): TokenKind | undefined {
  const kinds = ["control", "monitor"] as const;
  return kinds.filter((kind) => isSameSecret(bearer, tokens[kind]))[0];
}

/** Browsers send a host's cookies to all of its ports. */
function cookieName(port: number): string {
  return `icinga-warden-${port}`;
}

const BEARER = { "www-authenticate": 'Bearer realm="icinga-warden"' };

/** What the page may load: its own files, and nothing inline. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

function file(name: string): Route {
  const run = async () => {
    const { type, bytes } = await readPageFile(name);
    return response(type, bytes, { headers: { "content-security-policy": PAGE_POLICY } });
  };
  return { callers: ALL, run };
}

async function logIn({ request, parts }: Call): Promise<Response> {
  const { links, sessions, tokens, port } = parts;
  const { token: given, code } = await readBody(request, ["token", "code"]);
  const isKnown = typeof given === "string" && isSameSecret(given.trim(), tokens.control) ||
    typeof code === "string" && links.end(code);
  if (!isKnown) throw new HttpError(401, "The token or the link is not valid", BEARER);
  return jsonResponse({ ok: true }, {
    headers: { "set-cookie": cookie(port, sessions.issue(), SESSION_TIME) },
  });
}

function logOut({ request, parts: { sessions, port } }: Call): Response {
  const session = cookieOf(request.headers, cookieName(port));
  if (session !== undefined) sessions.end(session);
  return jsonResponse({ ok: true }, { headers: { "set-cookie": cookie(port, "", 0) } });
}

function cookie(port: number, value: string, time: number): string {
  return `${cookieName(port)}=${value}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${time / 1000}`;
}

function readState({ query, parts: { state } }: Call): Response {
  const path = query.get("path") ?? "";
  const found = findInState(state, path);
  if (!found) {
    throw new HttpError(404, `There is nothing at '${excerpt(path)}' in the public state`);
  }
  return jsonResponse(found);
}

function streamEvents({ query, parts }: Call): Response {
  if (parts.events.size >= MOST_STREAMS) {
    throw new HttpError(503, `There are ${MOST_STREAMS} streams already`);
  }
  const topics = (query.get("topics") ?? "").split(",");
  const events = parts.events.open({
    status: topics.includes("status"),
    state: topics.includes("state") ? query.get("path") ?? "" : undefined,
    log: topics.includes("log") ? readLogQuery(query) : undefined,
  });
  return response("text/event-stream", events);
}

function readLogQuery(query: URLSearchParams): LogFilter & { lines: number } {
  const lines = Number(query.get("lines") ?? 50);
  const level = LOG_LEVELS.find((level) => level === query.get("level"));
  if (!Number.isInteger(lines) || lines < 0 || lines > MOST_LINES) {
    throw new HttpError(400, `lines has to be a whole number from 0 to ${MOST_LINES}`);
  }
  if (query.has("level") && !level) {
    throw new HttpError(400, `level has to be one of ${LOG_LEVELS.join(", ")}`);
  }
  return { lines, level, daemon: query.get("daemon") ?? undefined };
}

async function pause({ request, parts: { agent, note, state } }: Call): Promise<Response> {
  const { duration, service } = await readBody(request, ["duration", "service"]);
  const time = typeof duration === "string" ? parsePauseTime(duration) : undefined;
  if (duration !== undefined && time === undefined) {
    throw new HttpError(400, `duration has to be text such as ${PAUSE_TIMES}`);
  }
  const name = findWatched(service, state);
  const span = time === undefined ? "" : ` for ${duration}`;
  await agent.pause("command", time, name);
  note(
    name === undefined
      ? `Paused by a command${span}: nothing is restarted`
      : `Service '${name}' is paused by a command${span}: it is left alone`,
  );
  return jsonResponse({ ok: true });
}

async function resume({ request, parts: { agent, note, state } }: Call): Promise<Response> {
  const { service } = await readBody(request, ["service"]);
  // A pause may outlive the watch of its service.
  const isKnown = typeof service === "string" && pauseOf(state, service) !== undefined;
  const name = isKnown ? service : findWatched(service, state);
  const wasPaused = pauseOf(state, name) !== undefined;
  await agent.resume(name);
  const what = name === undefined ? "Resumed" : `Service '${name}' is resumed`;
  if (wasPaused) note(`${what} by a command`);
  return jsonResponse({ ok: true, wasPaused });
}

/** @throws {HttpError} when no daemon watches a service of this name. */
function findWatched(name: unknown, state: ApiParts["state"]): string | undefined {
  if (name === undefined) return undefined;
  if (typeof name !== "string") throw new HttpError(400, "service has to be a service's name");
  const known = watchedServices(state).flatMap(({ name }) => name ?? []);
  const found = known.find((known) => known.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found;
  throw new HttpError(
    404,
    `No daemon watches a service '${excerpt(name)}'; ${suggest(name, known)}`,
  );
}

async function restart({ request, parts: { agent, state } }: Call): Promise<Response> {
  const { daemon } = await readBody(request, ["daemon"]);
  if (typeof daemon !== "string") throw new HttpError(400, "daemon has to be a daemon's name");
  try {
    await agent.restartDaemon(daemon);
  } catch (error) {
    const why = errorMessage(error);
    const known = [...state.map(AGENT_MAPS.daemons).keys()];
    throw new HttpError(404, known.includes(daemon) ? why : `${why}; ${suggest(daemon, known)}`);
  }
  return jsonResponse({ ok: true });
}

/** @throws {HttpError} 400 when it is no JSON object, or has other keys: a misspelt one would change what is done. */
async function readBody(
  request: Request,
  keys: readonly string[],
): Promise<Record<string, unknown>> {
  const body = await request.json().catch(() => undefined);
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new HttpError(400, "The body has to be a JSON object");
  }
  const unknown = Object.keys(body).find((key) => !keys.includes(key));
  if (unknown === undefined) return body;
  throw new HttpError(400, `Unknown key ${JSON.stringify(unknown)}; ${suggest(unknown, keys)}`);
}
