/** What Deno says when a permission is missing: `Requires read access to "C:\x", …`. */
const REFUSED = /Requires (\w+) access(?: to ("[^"]*"|\S+?))?(?:[,;]|$)/g;

/** The permissions that a text says were refused: `read "C:\x"`. */
export function refusalsIn(text: string): string[] {
  return [...text.matchAll(REFUSED)].map(([, kind, what]) => what ? `${kind} ${what}` : kind!);
}

/** The largest number of different refusals that are reported. */
const MAX_REFUSALS = 100;

/**
 * Notices each permission that Deno refuses from now on in this realm, whether or not the caller catches the error.
 *
 * @param tell called once with each refusal.
 * @returns takes a refusal that was found elsewhere, such as in a text.
 */
export function recordRefusals(tell: (refusal: string) => void): (refusal: string) => void {
  const told = new Set<string>();
  const note = (refusal: string) => {
    if (told.has(refusal) || told.size >= MAX_REFUSALS) return;
    told.add(refusal);
    tell(refusal);
  };
  const noteError = (error: unknown) => {
    if (error instanceof Deno.errors.NotCapable) refusalsIn(error.message).forEach(note);
    return error;
  };
  wrapFunctions(Deno as unknown as Record<string, unknown>, noteError);
  wrapFunctions(Deno.env as unknown as Record<string, unknown>, noteError);
  wrapFunctions(Deno.Command.prototype as unknown as Record<string, unknown>, noteError);
  wrapFunctions(globalThis as unknown as Record<string, unknown>, noteError, ["fetch"]);
  return note;
}

function wrapFunctions(
  holder: Record<string, unknown>,
  note: (error: unknown) => unknown,
  names: readonly string[] = Object.getOwnPropertyNames(holder),
): void {
  for (const name of names) {
    const { value, writable } = Object.getOwnPropertyDescriptor(holder, name) ?? {};
    // A class cannot be called.
    if (typeof value !== "function" || !writable || /^[A-Z]|^constructor$/.test(name)) continue;
    holder[name] = function (this: unknown, ...args: unknown[]) {
      try {
        const result = value.apply(this, args);
        if (result instanceof Promise) result.catch(note);
        return result;
      } catch (error) {
        throw note(error);
      }
    };
  }
}
