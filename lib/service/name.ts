/** The options of `sc query`; an argument that begins with one of them is not read as a name. */
const scOption = /^(type|state|bufsize|ri|group)\s*=/i;

/** Control characters, line and paragraph separators, and halves of surrogate pairs. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;

/**
 * What would be right if `name` can be no service's name, as a clause of an error message; `undefined` if it
 * can.
 *
 * Windows allows 1 to 256 characters without slashes (`CreateService`, parameter `lpServiceName`). Refused
 * beyond that is what `sc` or `net` would read as something else than a name: a switch begins with a slash,
 * an option of `sc query` ends in an equals sign.
 */
export function checkServiceName(name: string): string | undefined {
  const rule = brokenRule(name);
  return rule && `expected the name of a service, ${rule}`;
}

function brokenRule(name: string): string | undefined {
  if (name.length < 1 || name.length > 256) return "1 to 256 characters long";
  if (name.trim() !== name) return "without blanks at its ends";
  if (/[/\\]/.test(name)) return "without a slash or backslash";
  if (unprintable.test(name)) return "without control characters";
  if (scOption.test(name)) return "not beginning with an option of 'sc query' such as 'state='";
  return undefined;
}

/**
 * Insists on a name that a service can have.
 *
 * @throws {TypeError} if `name` can be no service's.
 */
export function requireServiceName(name: string): void {
  const expected = checkServiceName(name);
  if (expected) throw new TypeError(`Cannot use ${JSON.stringify(name)}: ${expected}`);
}
