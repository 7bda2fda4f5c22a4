/** What one server puts up with. */
export interface HttpLimits {
  /** Bytes of a request's head. */
  head: number;
  /** Bytes of a request's body. */
  body: number;
  /** How long a whole request may take to arrive, ms. */
  arrival: number;
  /** How long one piece of an answer may take to be accepted, ms. */
  departure: number;
  /** Connections at a time. */
  connections: number;
}

/** The limits that are in force unless told. */
export const HTTP_LIMITS: HttpLimits = {
  head: 8 * 1024,
  body: 16 * 1024,
  arrival: 5_000,
  departure: 10_000,
  connections: 64,
};
