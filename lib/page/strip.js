/** What of the past has place on a strip. Times are ms. */

/**
 * How long each part of a strip is drawn. An outage too short to be seen is drawn as long as `least`, at the cost of
 * the part before it, of which half stays in sight at least: many short outages are not one long one.
 */
export function drawnTimes(parts, least) {
  return parts.map(({ value, from, to }, i) => {
    const time = to - from;
    if (value === "RUNNING" || time >= least) return time;
    const before = parts[i - 1];
    return before ? Math.min(least, time + (before.to - before.from) / 2) : time;
  });
}

/** Of rising times those that are at least `least` apart from the one before that is shown. */
export function thinned(times, least) {
  const shown = [];
  for (const time of times) {
    if (shown.length === 0 || time - shown.at(-1) >= least) shown.push(time);
  }
  return shown;
}
