import { byId, el, keyed, say, svg } from "./dom.js";
import { ago, counted, size, span, threadTone } from "./format.js";

/** Samples of a thread in the sparklines. */
const MOST = 120;

/** By thread name, its { at, heap, lag }, the oldest first. */
const past = new Map();

/** Takes over what the agent remembers. */
export function loadPast(threads) {
  past.clear();
  for (const [thread, samples] of Object.entries(threads)) past.set(thread, samples);
}

/** Shows the daemons; `restart` is called with a daemon's name. */
export function showDaemons(daemons, restart) {
  for (const thread of daemons.flatMap(({ threads }) => threads)) note(thread);
  const make = ({ name }) => card(() => restart(name));
  keyed(byId("daemons"), daemons, ({ name }) => name, make, update);
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

function card(restart) {
  const button = el("button", { type: "button", textContent: "Restart…" });
  button.addEventListener("click", restart);
  return el(
    "article",
    { className: "daemon card" },
    el("h3"),
    el("span", { className: "pill" }),
    el("dl", { className: "facts" }),
    el("p", { className: "says" }),
    el("p", { className: "error fault" }),
    el("div", { className: "sparks" }),
    el(
      "div",
      { className: "daemon-foot" },
      el("details", { className: "threads" }, el("summary"), el("ul")),
      button,
    ),
  );
}

function update(element, daemon) {
  const { name, state, problem, uptime, restarts, lastError, verdict, threads, enabled } = daemon;
  const part = (selector) => element.querySelector(selector);
  say(part("h3"), name);
  part(".pill").className = `pill tone-${problem ? "crit" : threadTone(state)}`;
  say(part(".pill"), problem ? "problem" : state);
  part("dl").replaceChildren(
    ...fact("up", uptime === null ? "–" : span(uptime)),
    ...fact("restarts", String(restarts)),
  );
  say(part(".says"), verdict ? `${verdict.level}: ${verdict.text}` : "");
  part(".says").hidden = !verdict;
  part(".says").classList.toggle("fault", verdict !== null && verdict.level !== "ok");
  say(part(".error"), problem ?? (lastError ? `${ago(lastError.at)}: ${lastError.message}` : ""));
  part(".error").hidden = !problem && !lastError;
  part(".daemon-foot").hidden = !enabled || threads.length === 0;
  part(".daemon-foot button").setAttribute("aria-label", `Restart ${name}`);
  drawSparks(part(".sparks"), threads);
  say(part("summary"), counted(threads.length, "thread"));
  keyed(part("ul"), threads, (thread) => thread.name, () => el("li"), updateThread);
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
