import { join } from "node:path";
import { newSecret } from "./secret.ts";

/** What opens a running agent's control endpoint, and where that is. */
export interface Token {
  /** The port on 127.0.0.1. */
  port: number;
  /** The agent's process id. */
  pid: number;
  /** The whole of it, `<port>-<pid>-<secret>`, as it is sent. */
  text: string;
}

/** The token's file in home. It holds the token and nothing else, so that Prometheus reads it as it is. */
export function tokenFile(home: string): string {
  return join(home, "control.token");
}

/** A new token for an agent's run. */
export function newToken(port: number, pid: number): Token {
  return { port, pid, text: `${port}-${pid}-${newSecret()}` };
}

/** The token in a file's text; undefined when it holds none. */
export function parseToken(text: string): Token | undefined {
  const [token, port, pid] = /^(\d{1,5})-(\d{1,10})-[\w-]{43}$/.exec(text.trim()) ?? [];
  if (token === undefined) return undefined;
  return { port: Number(port), pid: Number(pid), text: token };
}

/**
 * The token of the agent that runs, or ran last, from this home; undefined when there is none.
 *
 * @throws {Deno.errors.PermissionDenied} when this account may not read it.
 */
export async function readToken(home: string): Promise<Token | undefined> {
  try {
    return parseToken(await Deno.readTextFile(tokenFile(home)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Puts the token into home. The file appears in full or not at all, and none but its owner (on Windows: what
 * `protect` grants) can read it at any time.
 *
 * @param protect narrows who may read a file on Windows, where modes say nothing; called while it is empty.
 */
export async function writeToken(
  home: string,
  { text }: Token,
  protect: (path: string) => Promise<void>,
): Promise<void> {
  const fresh = `${tokenFile(home)}.new`;
  await Deno.remove(fresh).catch(() => {});
  await Deno.writeTextFile(fresh, "", { createNew: true, mode: 0o600 });
  await protect(fresh);
  await Deno.writeTextFile(fresh, `${text}\n`);
  await Deno.rename(fresh, tokenFile(home));
}

/** Takes the token out of home; one that is not there is no error. */
export async function removeToken(home: string): Promise<void> {
  for (const file of [tokenFile(home), `${tokenFile(home)}.new`]) {
    await Deno.remove(file).catch(() => {});
  }
}
