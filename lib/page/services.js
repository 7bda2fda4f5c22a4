import { byId, el, keyed, safeText, say, svg } from "./dom.js";
import { ago, clock, counted, serviceTone, span } from "./format.js";
import { drawnTimes, thinned } from "./strip.js";

/** An outage shorter than this much of the strip is drawn as wide as this, where there is room. */
const LEAST = 0.004;

/** Marks that are nearer to each other than this much of the strip would be one. */
const APART = 0.015;

/** By a service's path in the public state, what it was: { at, value }, the oldest first. */
const past = new Map();

/** By daemon and service, when it was restarted. */
const restarts = new Map();

let shown = 3_600_000;
let latest = [];

/** Whether the agent looks at them no longer, for the time being. */
let idle = false;

/** Takes over what the agent remembers. */
export function loadPast({ services, restarts: known }) {
  past.clear();
  restarts.clear();
  for (const [service, times] of Object.entries(known)) restarts.set(service, times);
  for (const [path, seen] of Object.entries(services)) past.set(path, seen);
}

/** Shows the services, and takes note of what they are. */
export function showServices(services, paused) {
  latest = services;
  idle = paused;
  for (const { path, daemon, name, value, lastRestart } of services) {
    if (lastRestart !== null) noteRestart(`${daemon}.${name}`, Date.parse(lastRestart));
    const seen = past.get(path) ?? [];
    if (value !== null && seen.at(-1)?.value !== value) seen.push({ at: Date.now(), value });
    past.set(path, seen);
  }
  draw();
}

function noteRestart(service, at) {
  const times = restarts.get(service) ?? [];
  if (times.at(-1) !== at) times.push(at);
  restarts.set(service, times);
}

/** Draws again, as time goes on. */
export function draw() {
  keyed(byId("services"), latest, ({ path }) => path, make, update);
}

byId("spans").addEventListener("change", ({ target }) => {
  shown = Number(target.value);
  draw();
});

function make() {
  return el(
    "article",
    { className: "service card" },
    el(
      "div",
      { className: "service-head" },
      el("h3"),
      el("span", { className: "pill" }),
      el("dl", { className: "facts" }),
    ),
    svg("svg", { class: "strip", viewBox: "0 0 1 1", preserveAspectRatio: "none", role: "img" }),
    svg("svg", { class: "marks", "aria-hidden": "true" }),
    el("div", { className: "axis" }, el("span"), el("span", { className: "key" }), el("span")),
  );
}

function update(card, service) {
  const { name, daemon, path, value, restart_error, restartFailures, lastRestart } = service;
  const seen = past.get(path) ?? [];
  say(card.querySelector("h3"), name ?? daemon);
  const pill = card.querySelector(".pill");
  const known = !idle && service.queryError === null && service.watched;
  pill.className = `pill tone-${known ? serviceTone(value) : "idle"}`;
  pill.title = safeText(service.queryError ?? "");
  say(pill, stateText(service));
  card.querySelector("dl").replaceChildren(
    fact("restart_error", restart_error, restart_error > 0),
    ...(service.restarts === null ? [] : [fact("restarts", service.restarts)]),
    ...(service.restartsLastHour
      ? [fact("in the last hour", service.restartsLastHour, service.flapping)]
      : []),
    ...(service.mode === "act" || service.mode === null ? [] : [fact("mode", service.mode)]),
    ...(service.wouldRestarts ? [fact("would have restarted", service.wouldRestarts)] : []),
    ...(service.flapping ? [fact("flapping", "tried every 5 min", true)] : []),
    ...(restartFailures ? [fact("failed", restartFailures, true)] : []),
    ...(lastRestart === null ? [] : [fact("last", ago(lastRestart))]),
    ...(service.held ? [fact("not restarted", safeText(service.held), true)] : []),
    ...diagnosisFacts(service.diagnosis),
    ...probeFacts(service.probes),
  );
  drawStrip(card, seen, restarts.get(`${daemon}.${name}`) ?? []);
}

/** Why it has stopped, and what mends it. */
function diagnosisFacts(diagnosis) {
  if (diagnosis === null) return [];
  const { what, evidence, advice } = diagnosis;
  return [fact("why", safeText([what, ...evidence, advice].join("; ")), true)];
}

/** The probes that fail, each with what it sees; and how many are well. */
function probeFacts(probes) {
  const known = probes.filter(({ is }) => is !== "unknown");
  const failed = known.filter(({ failed }) => failed);
  if (known.length === 0) return [];
  return [
    fact("probes", `${known.length - failed.length} of ${known.length} well`),
    ...failed.map(({ name, text }) => fact(name, safeText(text), true)),
  ];
}

/** As `status` says it. */
function stateText({ value, queryError, watched, disabled, paused }) {
  if (queryError !== null || !watched) {
    return value === null ? "unknown" : `${value} when last seen`;
  }
  if (value === null) return "not installed";
  if (idle) return `${value} before the pause`;
  return [value, ...(disabled ? ["disabled"] : []), ...(paused ? ["paused"] : [])].join(", ");
}

function fact(name, value, bad = false) {
  return el(
    "div",
    {},
    el("dt", { textContent: name }),
    el("dd", { textContent: String(value), className: bad ? "bad" : "" }),
  );
}

function drawStrip(card, seen, restarts) {
  const end = Date.now();
  const start = end - shown;
  const parts = seen.map(({ at, value }, i) => ({
    ...{ value, from: Math.max(start, at), to: seen[i + 1]?.at ?? end },
  })).filter(({ to }) => to > start);
  const strip = card.querySelector(".strip");
  strip.setAttribute("aria-label", describe(parts));
  const times = drawnTimes(parts, LEAST * shown);
  const drawn = parts.map((part, i) => ({ ...part, time: times[i] }));
  strip.replaceChildren(...bestFirst(drawn).map((part) => rect(part, start)));
  const marked = restarts.filter((at) => at > start);
  const marks = thinned(marked, APART * shown).map((at) =>
    svg(
      "svg",
      { x: `${((at - start) / shown) * 100}%`, overflow: "visible" },
      svg("path", { d: "M0 1 5 10H-5z" }),
    )
  );
  card.querySelector(".marks").replaceChildren(...marks);
  const [left, key, right] = card.querySelector(".axis").children;
  say(left, clock(start, false));
  say(key, counted(marked.length, "restart"));
  say(right, "now");
}

/** What is bad is drawn last, so that it lies on top. */
function bestFirst(parts) {
  return [...parts].sort((a, b) => (b.value === "RUNNING") - (a.value === "RUNNING"));
}

/** A short outage grows to the left, so that what came after it stays in sight. */
function rect({ value, from, to, time }, start) {
  const width = time / shown;
  const x = Math.max(0, (to - start) / shown - width);
  return svg(
    "rect",
    { class: `tone-${serviceTone(value)}`, x, y: 0, width, height: 1 },
    svg("title", {}, `${value}, ${clock(from)} to ${clock(to)}`),
  );
}

function describe(parts) {
  const known = parts.reduce((sum, { from, to }) => sum + to - from, 0);
  const bad = parts.filter(({ value }) => value !== "RUNNING")
    .reduce((sum, { from, to }) => sum + to - from, 0);
  if (known === 0) return "Nothing is known yet";
  return `Of the last ${span(known / 1000)} it did not run for ${span(bad / 1000)}`;
}
