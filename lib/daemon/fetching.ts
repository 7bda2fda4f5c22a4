import { abortWith, hideSecrets } from "../base/mod.ts";
import type { DaemonContext } from "./context.ts";
import { requireSpan, type Span } from "./timing.ts";

/** Options of `context.fetch`, beside those of `fetch`. */
export interface FetchOptions extends RequestInit {
  /** How long an answer may take, its body included. Default: 30 s. */
  timeout?: Span;
  /** The number of retries after a network error, a timeout, or status 429, 502, 503 or 504. Default: 0. */
  retries?: number;
}

const RETRIED: readonly number[] = [429, 502, 503, 504];

/** An answer that is worth another attempt. */
class Unavailable extends Error {
  constructor(readonly response: Response) {
    super();
  }
}

/** A signal that is aborted with any of some signals, until the limit is over: an answer's body comes after its head. */
function join(signals: readonly AbortSignal[], limit: AbortSignal): AbortSignal {
  const over = new AbortController();
  const leave = abortWith(over, signals);
  limit.addEventListener("abort", () => {
    over.abort(limit.reason);
    leave();
  });
  return over.signal;
}

/**
 * See {@linkcode DaemonContext.fetch}.
 *
 * @param signal aborted when the daemon is to stop.
 * @param retry repeats an attempt.
 * @param ask asks once.
 */
export function createFetch(
  signal: AbortSignal,
  retry: DaemonContext["retry"],
  ask: typeof fetch,
): DaemonContext["fetch"] {
  return async (input, { timeout = 30_000, retries = 0, ...init } = {}) => {
    const ms = requireSpan("fetch with timeout", timeout);
    if (!Number.isInteger(retries) || retries < 0) {
      throw new TypeError(`Cannot fetch: retries is ${retries}; expected a whole number`);
    }
    if (typeof input === "string" && !URL.canParse(input)) {
      throw new TypeError(
        `Cannot fetch ${
          JSON.stringify(input)
        }: expected an address such as https://example.org/health`,
      );
    }
    const attempt = async () => {
      const limit = AbortSignal.timeout(ms);
      const joined = join([signal, ...(init.signal ? [init.signal] : [])], limit);
      const response = await ask(input, { ...init, signal: joined })
        .catch((error) => {
          if (error !== limit.reason) throw error;
          const late = `${hideSecrets(String(input))} did not answer within ${ms / 1_000} s`;
          throw new DOMException(late, "TimeoutError");
        });
      if (!RETRIED.includes(response.status)) return response;
      throw new Unavailable(response);
    };
    const isRetriable = (error: unknown) =>
      !init.signal?.aborted && !(error instanceof Deno.errors.NotCapable);
    try {
      return await retry(attempt, { maxAttempts: retries + 1, isRetriable });
    } catch (error) {
      if (error instanceof Unavailable) return error.response;
      throw error;
    }
  };
}
