import { join } from "node:path";
import { type Clock, errorMessage, growingWait } from "../base/mod.ts";
import type { ControlConfig } from "../config/mod.ts";
import type { ReportTrouble } from "../daemon/mod.ts";
import { agentLog, type Log } from "../log/mod.ts";
import { LINK_TIME, SESSION_TIME, Tickets } from "./access/sessions.ts";
import {
  newToken,
  type ProtectToken,
  readToken,
  removeTokens,
  type Token,
  type TokenKind,
  writeToken,
} from "./access/token.ts";
import { type ApiParts, type ControlledAgent, handleRequest } from "./api.ts";
import { EventHub, type EventSources } from "./events.ts";
import { bind, keepTextfile, startExporter } from "./exporter.ts";
import { HttpServer } from "./http/server.ts";
import {
  Ages,
  mayManageServices,
  type StateChange,
  type StateReader,
  type SubscribeToState,
} from "./state_reader.ts";
import { History } from "./history.ts";
import { readStatus } from "./status.ts";

/** What the control endpoint works with. */
export interface ControlParts {
  /** The agent under control. */
  agent: ControlledAgent;
  /** Its copy of the public state. */
  state: StateReader;
  /** Tells of changes of the state. */
  watch: SubscribeToState;
  /** Its log. */
  log: Pick<Log, "write" | "listen">;
  /** The home folder, absolute. */
  home: string;
  /** Where it listens, and what it serves to scrapers. */
  config: ControlConfig;
  clock: Clock;
  protect: ProtectToken;
  /** Told what cannot be served, at each try, and when it is served. */
  report: ReportTrouble;
}

/**
 * Serves a running agent to commands, the page and scrapers, as configured. What fails, such as a port that another
 * program has, is reported and tried again after 1 s, then 2 s, up to 1 min. Resolves after the first try; never rejects.
 *
 * @returns what closes it, and takes the tokens out of home.
 */
export async function startControl(parts: ControlParts): Promise<Close> {
  const { state, watch, log: { listen }, home } = parts;
  const host = Deno.hostname();
  const ages = new Ages(parts.clock);
  noteAll(state, (change) => ages.note(change));
  let changes = 0;
  const stopCounting = watch((change) => {
    changes++;
    ages.note(change);
  });
  const sources: EventSources = {
    state,
    watch,
    listen,
    logFile: join(home, "logs", "icinga-warden.log"),
    changes: () => changes,
    status: () => readStatus(state, { age: ages.of, memory: Deno.memoryUsage().rss, host }),
  };
  const ended = new AbortController();
  const { metrics } = parts.config;
  const writing = metrics && keepTextfile(metrics, sources, parts, ended.signal);
  const served = await Promise.all([
    keepTrying("commands", parts, () => serveControl(parts, sources)),
    keepTrying("metrics", parts, () => startExporter(metrics, home, sources, logOf(parts))),
  ]);
  return async () => {
    stopCounting();
    ended.abort();
    await writing;
    await Promise.all(served.map((close) => close()));
  };
}

type Close = () => Promise<void>;

/** Tells a listener all that the state holds, as if it were written now. */
function noteAll(state: StateReader, note: (change: StateChange) => void): void {
  for (const map of state.paths()) {
    for (const [key, value] of state.map(map)) note({ map, key, value });
  }
}

/**
 * Starts something, and tries again until it succeeds or is closed. Resolves after the first try.
 *
 * @returns what ends the tries or closes it.
 */
async function keepTrying(
  kind: "commands" | "metrics",
  { clock, report }: ControlParts,
  start: () => Promise<Close | undefined>,
): Promise<Close> {
  const ended = new AbortController();
  let close: Close | undefined;
  const attempt = async () => {
    try {
      close = await start();
      report(kind, undefined);
      return true;
    } catch (error) {
      report(kind, errorMessage(error));
      return false;
    }
  };
  const isStarted = await attempt();
  const going = (async () => {
    for (let failures = 0, isDone = isStarted; !isDone; isDone = await attempt()) {
      const wait = clock.sleep(growingWait(failures++), ended.signal);
      if (await wait.then(() => false, () => true)) return;
    }
  })();
  return async () => {
    ended.abort();
    await going;
    await close?.();
  };
}

async function serveControl(
  parts: ControlParts,
  sources: EventSources,
): Promise<Close | undefined> {
  const { home, config: { listen }, agent, clock, state, watch } = parts;
  await removeTokens(home);
  if (listen === undefined) return undefined;
  const hint = 'name a free port in control.listen, or "off"';
  const listener = bind("commands", listen, hint);
  const { port } = listener.addr as Deno.NetAddr;
  const tokens = await writeTokens(parts, port, listener);
  const ended = new AbortController();
  const keeping = keepTokens(parts, tokens, ended.signal);
  const history = new History(Date.now, (daemon) => mayManageServices(state, daemon));
  noteAll(state, (change) => history.note(change));
  const forget = watch((change) => history.note(change));
  const log = logOf(parts);
  const api: ApiParts = {
    ...sources,
    agent,
    history,
    port,
    tokens: { monitor: tokens.monitor.text, control: tokens.control.text },
    note: log.info,
    links: new Tickets(() => clock.now(), LINK_TIME),
    sessions: new Tickets(() => clock.now(), SESSION_TIME),
    events: new EventHub(sources),
  };
  const server = new HttpServer(listener, {
    handle: (request) => handleRequest(request, api),
    onFailure: (error) => log.error(`The control endpoint failed: ${error}`),
  });
  log.info(`Commands and the page are served on http://127.0.0.1:${port}/`);
  return async () => {
    forget();
    ended.abort();
    await keeping;
    await removeTokens(home);
    await server.close();
  };
}

/**
 * Puts new tokens into home, and returns them.
 *
 * @throws {Error} in one line, when one cannot be written; nothing is served then.
 */
async function writeTokens(
  { home, protect }: ControlParts,
  port: number,
  listener: Deno.Listener,
): Promise<Record<TokenKind, Token>> {
  const tokens = { monitor: newToken(port, Deno.pid), control: newToken(port, Deno.pid) };
  try {
    await writeToken(home, "monitor", tokens.monitor, protect);
    await writeToken(home, "control", tokens.control, protect);
  } catch (error) {
    listener.close();
    await removeTokens(home);
    throw new Error(`Cannot serve commands: ${errorMessage(error)}`);
  }
  return tokens;
}

/** How often the tokens' files are looked for, ms. */
const TOKENS_LOOK = 5_000;

/** Writes a token's file again that somebody has removed: without it no command reaches the agent. Never rejects. */
async function keepTokens(
  { home, protect, clock }: ControlParts,
  tokens: Record<TokenKind, Token>,
  signal: AbortSignal,
): Promise<void> {
  while (await clock.sleep(TOKENS_LOOK, signal).then(() => true, () => false)) {
    for (const kind of ["monitor", "control"] as const) {
      if (await readToken(home, kind).catch(() => "not known") !== undefined) continue;
      await writeToken(home, kind, tokens[kind], protect).catch(() => {});
    }
  }
}

function logOf({ log }: ControlParts) {
  return agentLog(log.write);
}
