import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** How long a one-time link may be followed, ms. */
const LINK_TIME = 60_000;

/** How long a page stays logged in, ms. */
export const SESSION_TIME = 12 * 3_600_000;

/** As many links, and as many sessions, are remembered; older ones are forgotten. */
const MOST = 16;

/** The sessions of the page. They end with the agent. */
export class Sessions {
  readonly #now: () => number;
  #links: Ticket[] = [];
  #sessions: Ticket[] = [];

  /** @param now the monotonic time, ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A code that opens one session, once, within a minute. */
  issueLink(): string {
    return this.#issue(this.#links, LINK_TIME);
  }

  /** A session for a link's code; undefined when the code is none, too old, or was used. */
  redeem(code: string): string | undefined {
    const link = this.#find(this.#links, code);
    if (!link) return undefined;
    this.#links = this.#links.filter((other) => other !== link);
    return this.open();
  }

  /** A new session. */
  open(): string {
    return this.#issue(this.#sessions, SESSION_TIME);
  }

  /** Whether a session is open. */
  has(session: string): boolean {
    return this.#find(this.#sessions, session) !== undefined;
  }

  /** Ends a session. */
  end(session: string): void {
    this.#sessions = this.#sessions.filter((other) => !isSameSecret(other.secret, session));
  }

  #issue(tickets: Ticket[], time: number): string {
    const secret = newSecret();
    tickets.push({ secret, until: this.#now() + time });
    if (tickets.length > MOST) tickets.shift();
    return secret;
  }

  #find(tickets: readonly Ticket[], secret: string): Ticket | undefined {
    const live = tickets.filter(({ until }) => until > this.#now());
    return live.find((ticket) => isSameSecret(ticket.secret, secret));
  }
}

interface Ticket {
  secret: string;
  until: number;
}

/** 256 random bits, as base64url. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** Whether two secrets are the same, in a time that reveals nothing about either. */
export function isSameSecret(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

/** Of equal length, whatever was given. */
function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
