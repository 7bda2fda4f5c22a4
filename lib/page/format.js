/** Numbers and states as people read them. */

const SPANS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

/** Seconds, in the two largest units. */
export function span(seconds) {
  const first = SPANS.findIndex(([size]) => seconds >= size);
  if (first < 0) return "0 s";
  const [size, unit] = SPANS[first];
  const [smaller, smallerUnit] = SPANS[first + 1] ?? [];
  const rest = smaller ? Math.floor((seconds % size) / smaller) : 0;
  return `${Math.floor(seconds / size)} ${unit}${rest > 0 ? ` ${rest} ${smallerUnit}` : ""}`;
}

/** A number of things: `1 restart`, `2 restarts`. */
export function counted(n, thing) {
  return `${n} ${thing}${n === 1 ? "" : "s"}`;
}

/** Bytes, in MB. */
export function size(bytes) {
  return `${(bytes / 1048576).toFixed(1)} MB`;
}

/** How long ago a time is. */
export function ago(time) {
  const seconds = Math.max(0, (Date.now() - new Date(time)) / 1000);
  return seconds < 5 ? "just now" : `${span(Math.round(seconds))} ago`;
}

/** A time of day, in this browser's zone. */
export function clock(time, seconds = true) {
  return new Date(time).toLocaleTimeString([], {
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
    ...(seconds && { second: "2-digit" }),
  });
}

/** How good a service's state is: ok, warn, crit or idle. */
export function serviceTone(value) {
  if (value === null || value === undefined) return "idle";
  if (value === "RUNNING") return "ok";
  return value.endsWith("_PENDING") ? "warn" : "crit";
}

const TONES = {
  "running": "ok",
  "finished": "ok",
  "scheduled": "ok",
  "failed": "crit",
  "frozen": "crit",
  "disabled": "idle",
};

/** How good a daemon's or a thread's state is. */
export function threadTone(state) {
  return TONES[state] ?? "warn";
}
