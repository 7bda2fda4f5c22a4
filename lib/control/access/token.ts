import { join } from "node:path";
import { replaceFile } from "../../base/mod.ts";
import { newSecret } from "./sessions.ts";

/** What opens a running agent's control endpoint, and where that is. */
export interface Token {
  /** The port on 127.0.0.1. */
  port: number;
  /** The agent's process id. */
  pid: number;
  /** The whole of it, `<port>-<pid>-..<secret>`, as it is sent. */
  text: string;
}

/** What a token opens: everything, or the status and the metrics alone. */
export type TokenKind = "control" | "monitor";

/** A token's file in home. It contains only the token, so that Prometheus can read it. */
export function tokenFile(home: string, kind: TokenKind = "control"): string {
  return join(home, `${kind}.token`);
}

/**
 * A new token for an agent's run. As JavaScript its file is a syntax error before the secret, so that no error of an
 * import holds that: an exe of Deno 2.7 reads any file as a module, if asked to.
 */
export function newToken(port: number, pid: number): Token {
  return { port, pid, text: `${port}-${pid}-..${newSecret()}` };
}

/** The token in a file's text, that of an older agent too; undefined when it holds none. */
export function parseToken(text: string): Token | undefined {
  const [token, port, pid] = /^(\d{1,5})-(\d{1,10})-(?:\.\.)?[\w-]{43}$/.exec(text.trim()) ?? [];
  if (token === undefined) return undefined;
  return { port: Number(port), pid: Number(pid), text: token };
}

/** A token's file is no larger than this, bytes. */
const MOST_BYTES = 1_024;

/**
 * The token of the agent that runs, or ran last, from this home; undefined when there is none.
 *
 * @throws {Error} when this account may not read it, or it is no file: reading a pipe or a device might not end.
 */
export async function readToken(
  home: string,
  kind: TokenKind = "control",
): Promise<Token | undefined> {
  try {
    const file = tokenFile(home, kind);
    const { isFile, size } = await Deno.stat(file);
    if (!isFile || size > MOST_BYTES) throw new Error("it is no file that holds a token");
    return parseToken(await Deno.readTextFile(file));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Restricts who may read a token's file on Windows, where modes have no effect; called while it is empty. */
export type ProtectToken = (path: string, kind: TokenKind) => Promise<void>;

/**
 * Puts a token into home. The file appears in full or not at all, and none but its owner (on Windows: what
 * `protect` grants) can read it at any time.
 */
export async function writeToken(
  home: string,
  kind: TokenKind,
  { text }: Token,
  protect: ProtectToken,
): Promise<void> {
  await replaceFile(tokenFile(home, kind), `${text}\n`, {
    mode: MODES[kind],
    protect: (path) => protect(path, kind),
  });
}

/** The modes of the files, except on Windows: a monitoring system can be made the group of its token. */
const MODES: Readonly<Record<TokenKind, number>> = { control: 0o600, monitor: 0o640 };

/** Takes the tokens out of home; one that is not there is no error. */
export async function removeTokens(home: string): Promise<void> {
  for (const kind of ["control", "monitor"] as const) {
    const file = tokenFile(home, kind);
    for (const path of [file, `${file}.new`]) await Deno.remove(path).catch(() => {});
  }
}
