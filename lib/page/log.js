import { byId, el, safeText } from "./dom.js";
import { clock } from "./format.js";

const LEVELS = ["trace", "debug", "info", "warning", "error", "fatal"];
const MOST = 400;

let records = [];

/** Whether the end is in sight, and stays so. */
let follows = true;

/** Begins anew with these records. */
export function resetLog() {
  records = [];
  byId("log").replaceChildren();
}

/** Adds records at the end; who has scrolled up stays there. */
export function addToLog(entries) {
  const list = byId("log");
  records = [...records, ...entries].slice(-MOST);
  list.append(...entries.filter(isShown).map(line));
  while (list.children.length > MOST) list.firstChild.remove();
  if (follows) showEnd();
}

/** Scrolls to the last record. */
export function showEnd() {
  byId("log").scrollTop = byId("log").scrollHeight;
}

byId("log").addEventListener("scroll", ({ target }) => {
  follows = target.scrollHeight - target.scrollTop - target.clientHeight < 40;
});

byId("level").addEventListener("change", () => {
  byId("log").replaceChildren(...records.filter(isShown).map(line));
  showEnd();
});

function isShown({ level }) {
  return LEVELS.indexOf(level) >= Number(byId("level").value);
}

function line({ time, level, source, message }) {
  const at = el("time", { textContent: clock(time), dateTime: new Date(time).toISOString() });
  return el(
    "li",
    { className: level },
    at,
    " ",
    el("b", { textContent: level.toUpperCase() }),
    " ",
    el("span", {
      className: "source",
      title: safeText(source),
      textContent: source.split("::")[0],
    }),
    ` ${message}`,
  );
}
