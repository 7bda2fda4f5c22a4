/**
 * A deep copy of a value, as structured clone would make it, with its objects and arrays frozen.
 *
 * @param place what the value is for, such as `Daemons.disk_watch.Free.C:`; an error's path starts with it
 * @throws {TypeError} when a part of the value cannot be cloned; it names the part.
 */
export function frozenCopy(value: unknown, place: string): unknown {
  const trail: Step[] = [];
  try {
    return copy(value, trail, new Map());
  } catch (error) {
    const refusal = error instanceof Refusal
      ? error.message
      : `nested too deeply (${describe(error)})`;
    throw new TypeError(`Cannot set ${place}: ${place}${trail.map(show).join("")} is ${refusal}`);
  }
}

/** Freezes the objects and arrays of a value that arrived, so that it can be changed by a new `set` only. */
export function freeze(value: unknown): unknown {
  if (typeof value === "object" && value !== null) freezeParts(value, new Set());
  return value;
}

/** What structured clone carries whole, and has no parts to look into. */
const CLONED_WHOLE = [
  Date,
  RegExp,
  Error,
  ArrayBuffer,
  Number,
  Boolean,
  String,
  BigInt,
  DOMException,
] as const;

/** The way into a value: an index, a property's name, or a part of a map or set in words. */
type Step = number | string | { words: string };

function show(step: Step): string {
  if (typeof step === "number") return `[${step}]`;
  return typeof step === "string" ? `.${step}` : step.words;
}

/** Thrown inside this file alone: what is wrong with the part at the end of the trail. */
class Refusal extends Error {}

/** Copies depth first. `trail` leads to the part under way, and stays where it was when that is refused. */
function copy(value: unknown, trail: Step[], seen: Map<object, object>): unknown {
  if (typeof value === "function" || typeof value === "symbol") {
    throw new Refusal(`a ${typeof value}, which cannot be cloned`);
  }
  if (typeof value !== "object" || value === null) return value;
  const done = seen.get(value);
  if (done) return done;
  if (Array.isArray(value)) return copyArray(value, trail, seen);
  if (Object.getPrototypeOf(value) === Object.prototype) return copyRecord(value, trail, seen);
  if (value instanceof Map) return copyMap(value, trail, seen);
  if (value instanceof Set) return copySet(value, trail, seen);
  if (isShared(value)) throw new Refusal("shared memory, which every thread could change");
  if (ArrayBuffer.isView(value) || CLONED_WHOLE.some((type) => value instanceof type)) {
    return cloneWhole(value, seen);
  }
  if (Object.prototype.toString.call(value) === "[object Object]") {
    return copyRecord(value, trail, seen);
  }
  throw new Refusal(`a ${value.constructor?.name ?? "thing"}, which cannot be cloned`);
}

function copyArray(array: unknown[], trail: Step[], seen: Map<object, object>): unknown[] {
  const result: unknown[] = new Array(array.length);
  seen.set(array, result);
  for (let i = 0; i < array.length; i++) result[i] = copyProperty(array, i, trail, seen);
  return Object.freeze(result) as unknown[];
}

/** An instance of a class becomes a plain object of its own properties, as it would elsewhere. */
function copyRecord(record: object, trail: Step[], seen: Map<object, object>): object {
  const result: Record<string, unknown> = {};
  seen.set(record, result);
  for (const name of Object.keys(record)) {
    const value = copyProperty(record, name, trail, seen);
    if (name !== "__proto__") result[name] = value;
    else Object.defineProperty(result, name, { value, enumerable: true });
  }
  return Object.freeze(result);
}

function copyMap(
  map: Map<unknown, unknown>,
  trail: Step[],
  seen: Map<object, object>,
): object {
  const result = new Map();
  seen.set(map, result);
  for (const [key, value] of map) {
    const step = { words: `.get(${describe(key)})` };
    result.set(copyPart(key, step, trail, seen), copyPart(value, step, trail, seen));
  }
  return result;
}

function copySet(set: Set<unknown>, trail: Step[], seen: Map<object, object>): object {
  const result = new Set();
  seen.set(set, result);
  let index = 0;
  for (const item of set) {
    result.add(copyPart(item, { words: `.item(${index++})` }, trail, seen));
  }
  return result;
}

function copyPart(value: unknown, step: Step, trail: Step[], seen: Map<object, object>): unknown {
  trail.push(step);
  const result = copy(value, trail, seen);
  trail.pop();
  return result;
}

/** Copies a property; one that cannot be read is refused. */
function copyProperty(
  holder: object,
  key: number | string,
  trail: Step[],
  seen: Map<object, object>,
): unknown {
  trail.push(key);
  const result = copy(read(holder, key), trail, seen);
  trail.pop();
  return result;
}

function read(holder: object, key: number | string): unknown {
  try {
    return (holder as Record<number | string, unknown>)[key];
  } catch (error) {
    throw new Refusal(`a property that cannot be read (${describe(error)})`);
  }
}

function cloneWhole(value: object, seen: Map<object, object>): object {
  try {
    const result = structuredClone(value);
    seen.set(value, result);
    return result;
  } catch (error) {
    throw new Refusal(`a value that cannot be cloned (${describe(error)})`);
  }
}

function isShared(value: object): boolean {
  return value instanceof SharedArrayBuffer ||
    (ArrayBuffer.isView(value) && value.buffer instanceof SharedArrayBuffer);
}

function freezeParts(value: unknown, seen: Set<object>): void {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  if (Array.isArray(value)) {
    for (const item of value) freezeParts(item, seen);
    Object.freeze(value);
  } else if (value instanceof Map) {
    for (const [key, item] of value) {
      freezeParts(key, seen);
      freezeParts(item, seen);
    }
  } else if (value instanceof Set) {
    for (const item of value) freezeParts(item, seen);
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const name of Object.keys(value)) {
      freezeParts((value as Record<string, unknown>)[name], seen);
    }
    Object.freeze(value);
  }
}

function describe(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "something that has no words";
  }
}
