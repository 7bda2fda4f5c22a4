import { createHash, timingSafeEqual } from "node:crypto";

/** 256 random bits, as base64url. */
export function newSecret(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toBase64({
    alphabet: "base64url",
    omitPadding: true,
  });
}

/** Whether two secrets are the same, in a time that tells nothing about either. */
export function isSameSecret(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

/** Of equal length, whatever was given. */
function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
