/** What Windows takes for a device, whatever stands after a dot. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** Keys that have a meaning of their own in JavaScript, which a configuration does not have. */
const KEYS = new Set(["__proto__", "constructor", "prototype"]);

/** Why a file or an entry of the configuration cannot be called so, as a clause; undefined when it can. */
export function refuseReserved(name: string): string | undefined {
  if (DEVICE.test(name)) return "a reserved name, that of a device of Windows";
  return KEYS.has(name)
    ? "a reserved name, which has a meaning of its own in JavaScript"
    : undefined;
}
