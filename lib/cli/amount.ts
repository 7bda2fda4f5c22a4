const SPANS = [[86_400, "d"], [3_600, "h"], [60, "min"], [1, "s"]] as const;

/** Seconds for people, in the two largest units: `3 h 12 min`. */
export function formatSpan(seconds: number): string {
  const first = SPANS.findIndex(([size]) => seconds >= size);
  if (first < 0) return "0 s";
  const [size, unit] = SPANS[first]!;
  const [smaller, smallerUnit] = SPANS[first + 1] ?? [];
  const rest = smaller === undefined ? 0 : Math.floor(seconds % size / smaller);
  const whole = `${Math.floor(seconds / size)} ${unit}`;
  return rest > 0 ? `${whole} ${rest} ${smallerUnit}` : whole;
}

/** Bytes for people: `4.1 MB`; 1 MB is 1024 KB, as Windows counts. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024 ** 2) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}

/** A UTC time for people: `2026-11-24 06:12:03Z`. */
export function formatTime(iso: string): string {
  return iso.replace("T", " ").replace(/\.\d+Z$/, "Z");
}
