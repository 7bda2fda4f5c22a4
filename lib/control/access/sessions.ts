import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** How long a one-time link may be followed, ms. */
export const LINK_TIME = 60_000;

/** How long a page stays logged in, ms. */
export const SESSION_TIME = 12 * 3_600_000;

/** As many tickets of a kind are remembered; older ones are forgotten. */
const MOST = 16;

/** Secrets that open something for some time: links, or the sessions of the page. They end with the agent. */
export class Tickets {
  readonly #now: () => number;
  readonly #time: number;
  #issued: { secret: string; until: number }[] = [];

  /**
   * @param now the monotonic time, ms.
   * @param time how long each one holds, ms.
   */
  constructor(now: () => number, time: number) {
    this.#now = now;
    this.#time = time;
  }

  /** A new one. */
  issue(): string {
    const secret = newSecret();
    this.#issued.push({ secret, until: this.#now() + this.#time });
    if (this.#issued.length > MOST) this.#issued.shift();
    return secret;
  }

  /** Whether one holds: it was issued, is not too old, and was not ended. */
  holds(secret: string): boolean {
    return this.#issued.filter(({ until }) => until > this.#now())
      .some((ticket) => isSameSecret(ticket.secret, secret));
  }

  /** Ends one, and returns whether it held until now. */
  end(secret: string): boolean {
    const held = this.holds(secret);
    this.#issued = this.#issued.filter((ticket) => !isSameSecret(ticket.secret, secret));
    return held;
  }
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
