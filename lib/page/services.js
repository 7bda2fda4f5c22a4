import { byId, el, keyed, mark, safeText, say, svg } from "./dom.js";
import { ago, clock, counted, serviceTone, span } from "./format.js";
import { laidOut, thinned } from "./strip.js";

/** An outage or a present state that is shorter than this much of the strip is drawn as wide as this, if it fits. */
const LEAST = 0.004;

/** Marks that are nearer to each other than this much of the strip would be one. */
const APART = 0.015;

/** By a service's path in the public state, what it was: { at, value }, the oldest first. */
const past = new Map();

/** By daemon and service, when it was restarted. */
const restarts = new Map();

let shown = 900_000;
let latest = [];
let problems = [];

/** When the agent was started, ms: nothing is known of what was before. */
let started = 0;

/** Whether the agent looks at them no longer, for the time being. */
let idle = false;

/** Takes over what the agent remembers. */
export function loadPast({ services, restarts: known }) {
  past.clear();
  restarts.clear();
  for (const [service, times] of Object.entries(known)) restarts.set(service, times);
  for (const [path, seen] of Object.entries(services)) past.set(path, seen);
}

/** Shows the services of a status, and takes note of what they are. */
export function showServices(status) {
  latest = status.services;
  problems = status.problems;
  idle = status.maintenance !== null;
  started = Date.parse(status.agent.started);
  for (const service of latest) {
    const { path, daemon, name, lastRestart } = service;
    if (lastRestart !== null) noteRestart(`${daemon}.${name}`, Date.parse(lastRestart));
    const seen = past.get(path) ?? [];
    const value = isKnown(service) ? service.value : null;
    if ((seen.at(-1)?.value ?? null) !== value) seen.push({ at: Date.now(), value });
    past.set(path, seen);
  }
  draw();
}

/** Whether its state is the present one. */
function isKnown({ queryError, watched }) {
  return !idle && queryError === null && watched;
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

/** The card of a service. */
export function serviceCard(daemon, name) {
  const found = latest.find((service) =>
    service.daemon === daemon && (service.name ?? daemon) === name
  );
  return found && byId("services").children[latest.indexOf(found)];
}

byId("spans").addEventListener("change", ({ target }) => {
  shown = Number(target.value);
  draw();
});

function make() {
  return el(
    "article",
    { className: "service card", tabIndex: -1 },
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
  mark(
    card,
    problems,
    (problem) => problem.daemon === daemon && problem.service === (name ?? daemon),
  );
  const pill = card.querySelector(".pill");
  pill.className = `pill tone-${isKnown(service) ? serviceTone(value) : "idle"}`;
  pill.title = safeText(service.queryError ?? "");
  say(pill, stateText(service));
  card.querySelector("dl").replaceChildren(
    ...(restart_error > 0 ? [fact("restarts failed in a row", restart_error, true)] : []),
    ...(service.restarts === null ? [] : [fact("restarts", service.restarts)]),
    ...(service.restartsLastHour
      ? [fact("in the last hour", service.restartsLastHour, service.flapping)]
      : []),
    ...(service.mode === "act" || service.mode === null ? [] : [fact("mode", service.mode)]),
    ...(service.wouldRestarts ? [fact("would have restarted", service.wouldRestarts)] : []),
    ...(service.flapping ? [fact("flapping", "tried every 5 min", true)] : []),
    ...(restartFailures ? [fact("failed restarts", restartFailures, true)] : []),
    ...(lastRestart === null ? [] : [fact("last restart", ago(lastRestart))]),
    ...(service.held ? [fact("not restarted because", safeText(service.held), true)] : []),
    ...diagnosisFacts(service.diagnosis),
    ...probeFacts(service.probes),
  );
  drawStrip(card, seen, restarts.get(`${daemon}.${name}`) ?? []);
}

/** Why it has stopped, and how to fix it. */
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
  const pause = paused && !idle ? `, ${pauseText(paused)}` : "";
  if (queryError !== null || !watched) {
    return `${value === null ? "unknown" : `${value} when last seen`}${pause}`;
  }
  if (value === null) return `not installed${pause}`;
  if (idle) return `${value} before the pause`;
  return `${value}${disabled ? ", disabled" : ""}${pause}`;
}

function pauseText({ until }) {
  return until === null ? "paused" : `paused until ${clock(until, false)}`;
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
  const start = Math.min(end - 1, Math.max(end - shown, started));
  const length = end - start;
  const parts = seen.map(({ at, value }, i) => ({
    value,
    from: Math.max(start, at),
    to: seen[i + 1]?.at ?? end,
  })).filter(({ to }) => to > start);
  const strip = card.querySelector(".strip");
  strip.setAttribute("aria-label", describe(parts));
  const slices = laidOut(parts, LEAST * length);
  strip.replaceChildren(...slices.map((slice) => rect(slice, start, length)));
  const marked = restarts.filter((at) => at > start);
  const marks = thinned(marked, APART * length).map((at) =>
    svg(
      "svg",
      { x: `${((at - start) / length) * 100}%`, overflow: "visible" },
      svg("path", { d: "M0 1 5 10H-5z" }),
    )
  );
  card.querySelector(".marks").replaceChildren(...marks);
  const [left, key, right] = card.querySelector(".axis").children;
  say(left, clock(start, length < 60_000));
  say(key, counted(marked.length, "restart"));
  say(right, "now");
}

function rect({ value, from, to, left, right }, start, length) {
  return svg(
    "rect",
    {
      class: `tone-${serviceTone(value)}`,
      x: (left - start) / length,
      y: 0,
      width: (right - left) / length,
      height: 1,
    },
    svg("title", {}, `${value ?? "unknown"}, ${clock(from)} to ${clock(to)}`),
  );
}

function describe(parts) {
  const known = parts.filter(({ value }) => value !== null);
  const total = known.reduce((sum, { from, to }) => sum + to - from, 0);
  const bad = known.filter(({ value }) => value !== "RUNNING")
    .reduce((sum, { from, to }) => sum + to - from, 0);
  if (total === 0) return "Nothing is known yet";
  return `Of the last ${span(total / 1000)} it did not run for ${span(bad / 1000)}`;
}
