/** What of the past has place on a strip. Times are ms. */

/**
 * Where each part of a strip is drawn, from `left` to `right`. An outage and the present state are drawn as long as
 * `least` where they are shorter, at the cost of the part before, of which half stays in sight at least.
 */
export function laidOut(parts, least) {
  const drawn = [];
  let right = parts.at(-1)?.to;
  for (let i = parts.length - 1; i >= 0; i--) {
    const part = parts[i];
    const isShort = part.value !== "RUNNING" || i === parts.length - 1;
    const before = parts.slice(0, i).findLast(({ value }) => value === "RUNNING");
    const limit = before ? (before.from + before.to) / 2 : parts[0].from;
    const left = isShort ? Math.min(part.from, Math.max(right - least, limit)) : part.from;
    drawn.unshift({ ...part, left, right });
    right = left;
  }
  return drawn;
}

/** Of rising times those that are at least `least` apart from the one before that is shown. */
export function thinned(times, least) {
  const shown = [];
  for (const time of times) {
    if (shown.length === 0 || time - shown.at(-1) >= least) shown.push(time);
  }
  return shown;
}
