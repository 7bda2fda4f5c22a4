/** What Deno says when a permission is missing: `Requires read access to "C:\x", …`. */
const REFUSED = /Requires (\w+) access(?: to ("[^"]*"|\S+?))?(?:[,;]|$)/g;

/** The permissions that a text says were refused: `read "C:\x"`. */
export function refusalsIn(text: string): string[] {
  return [...text.matchAll(REFUSED)].map(([, kind, what]) => what ? `${kind} ${what}` : kind!);
}

/**
 * Notes each permission that Deno refuses from now on in this realm, whether or not the caller catches it.
 *
 * @param tell is told of each once.
 * @returns what was refused so far, each once.
 */
export function recordRefusals(tell: (refusal: string) => void = () => {}): ReadonlySet<string> {
  const refused = new Set<string>();
  const note = (error: unknown) => {
    if (error instanceof Deno.errors.NotCapable) {
      for (const refusal of refusalsIn(error.message)) {
        if (!refused.has(refusal)) tell(refusal);
        refused.add(refusal);
      }
    }
    return error;
  };
  wrapFunctions(Deno as unknown as Record<string, unknown>, note);
  wrapFunctions(Deno.env as unknown as Record<string, unknown>, note);
  wrapFunctions(Deno.Command.prototype as unknown as Record<string, unknown>, note);
  wrapFunctions(globalThis as unknown as Record<string, unknown>, note, ["fetch"]);
  return refused;
}

function wrapFunctions(
  holder: Record<string, unknown>,
  note: (error: unknown) => unknown,
  names: readonly string[] = Object.getOwnPropertyNames(holder),
): void {
  for (const name of names) {
    const { value, writable } = Object.getOwnPropertyDescriptor(holder, name) ?? {};
    // A class is no function to be called.
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
