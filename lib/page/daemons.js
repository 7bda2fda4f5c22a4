import { byId, el, keyed, mark, say, svg } from "./dom.js";
import { ago, counted, size, span, threadTone } from "./format.js";
import { firstValues } from "./state.js";

/** Samples of a thread in the sparklines. */
const MOST = 120;

/** By thread name, its { at, heap, lag }, the oldest first. */
const past = new Map();

/** Takes over what the agent remembers. */
export function loadPast(threads) {
  past.clear();
  for (const [thread, samples] of Object.entries(threads)) past.set(thread, samples);
}

/** Values of a daemon's maps on its card. */
const FIRST_VALUES = 4;

/** Shows the daemons of a status, those with problems first; `restart` is called with a daemon's name. */
export function showDaemons({ daemons, problems }, restart) {
  for (const thread of daemons.flatMap(({ threads }) => threads)) note(thread);
  const make = ({ name }) => card(() => restart(name));
  const update = (element, daemon) => updateCard(element, daemon, problems);
  const ranks = new Map(daemons.map((daemon) => [daemon, rank(daemon, problems)]));
  const sorted = [...daemons].sort((a, b) => ranks.get(a) - ranks.get(b));
  keyed(byId("daemons"), sorted, ({ name }) => name, make, update);
}

/** The card of a daemon. */
export function daemonCard(name) {
  return [...byId("daemons").children].find(({ dataset }) => dataset.key === name);
}

/** Problems come in the order of their weight; what is disabled comes last. */
function rank(daemon, problems) {
  const at = problems.findIndex(isAbout(daemon));
  return at >= 0 ? at : problems.length + (daemon.enabled ? 0 : 1);
}

function isAbout({ name }) {
  return ({ daemon, service }) => daemon === name && service === null;
}

function note({ name, heap, lag }) {
  if (heap === null) return;
  const samples = past.get(name) ?? [];
  const last = samples.at(-1);
  if (last && last.heap === heap && last.lag === lag) return;
  samples.push({ at: Date.now(), heap, lag: lag ?? 0 });
  if (samples.length > MOST) samples.shift();
  past.set(name, samples);
}

/** A healthy daemon is one row; the rest shows when it is opened. */
function card(restart) {
  const button = el("button", { type: "button", textContent: "Restart…" });
  button.addEventListener("click", restart);
  return el(
    "details",
    { className: "daemon card" },
    el(
      "summary",
      {},
      el("h3"),
      el("span", { className: "pill" }),
      el("span", { className: "says" }),
      el("span", { className: "up muted" }),
    ),
    el("p", { className: "error fault" }),
    el("dl", { className: "facts" }),
    el("ul", { className: "values mono", ariaLabel: "First values" }),
    el("div", { className: "sparks" }),
    el("ul", { className: "threads", ariaLabel: "Threads" }),
    button,
  );
}

function updateCard(element, daemon, problems) {
  const { name, state, problem, uptime, restarts, lastError, verdict, threads, enabled } = daemon;
  const part = (selector) => element.querySelector(selector);
  const wasMarked = Boolean(element.dataset.problem);
  if (mark(element, problems, isAbout(daemon)) && !wasMarked) element.open = true;
  say(part("h3"), name);
  part(".pill").className = `pill tone-${problem ? "crit" : threadTone(state)}`;
  say(part(".pill"), problem ? "problem" : state);
  const values = firstValues(name, FIRST_VALUES);
  say(part(".says"), verdict ? `${verdict.level}: ${verdict.text}` : values[0] ?? "");
  say(part(".up"), uptime === null ? "" : `up ${span(uptime)}`);
  part(".facts").replaceChildren(
    ...fact("threads", String(threads.length)),
    ...fact("restarts", String(restarts)),
  );
  part(".values").replaceChildren(...values.map((textContent) => el("li", { textContent })));
  say(part(".error"), problem ?? (lastError ? `${ago(lastError.at)}: ${lastError.message}` : ""));
  part(".error").hidden = !problem && !lastError;
  part("button").hidden = !enabled || threads.length === 0;
  part("button").setAttribute("aria-label", `Restart ${name}`);
  drawSparks(part(".sparks"), threads);
  keyed(part(".threads"), threads, (thread) => thread.name, () => el("li"), updateThread);
}

function fact(name, value) {
  return [el("div", {}, el("dt", { textContent: name }), el("dd", { textContent: value }))];
}

function updateThread(item, { name, state, pool, restarts, heap }) {
  item.replaceChildren(
    el("code", { textContent: name }),
    el("span", { className: `pill tone-${threadTone(state)}`, textContent: state }),
    el("span", {
      className: "muted",
      textContent: `${pool}, ${counted(restarts, "restart")}${
        heap === null ? "" : `, ${size(heap)}`
      }`,
    }),
  );
}

/** The first thread speaks for a daemon's memory and lag. */
function drawSparks(parent, [thread]) {
  const samples = (thread && past.get(thread.name)) ?? [];
  parent.hidden = samples.length === 0;
  if (parent.hidden) return;
  const { heap, lag } = samples.at(-1);
  parent.replaceChildren(
    spark("memory", size(heap), samples.map((sample) => sample.heap)),
    spark("lag", `${Math.round(lag)} ms`, samples.map((sample) => sample.lag)),
  );
}

function spark(name, value, figures) {
  const most = Math.max(...figures, 1e-9) * 1.1;
  const step = figures.length > 1 ? 100 / (figures.length - 1) : 100;
  const points = (figures.length > 1 ? figures : [figures[0], figures[0]])
    .map((figure, i) => `${(i * step).toFixed(1)},${(29 - (figure / most) * 28).toFixed(1)}`);
  return el(
    "div",
    { className: "spark" },
    el("span", {}, `${name} `, el("b", { textContent: value })),
    svg(
      "svg",
      { viewBox: "0 0 100 30", preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("polygon", { class: "area", points: `0,30 ${points.join(" ")} 100,30` }),
      svg("polyline", { class: "line", points: points.join(" ") }),
    ),
  );
}
