import { byId, el, keyed, say } from "./dom.js";
import { clock, size, span } from "./format.js";

const WORDS = { ok: "All is well", warning: "Warning", critical: "Critical", unknown: "Unknown" };

/** Shows the verdict: how the host is, at one look. `lead` is called with the problem that is chosen. */
export function showVerdict({ health, problems, agent, maintenance }, lead) {
  const hero = document.querySelector(".hero");
  hero.dataset.health = maintenance && health === "ok" ? "warning" : health;
  hero.toggleAttribute("data-paused", maintenance !== null);
  const verdict = maintenance ? pauseText(maintenance) : WORDS[health];
  say(byId("verdict"), verdict);
  document.title = `${maintenance ? "Paused" : WORDS[health]} · ${agent.host}`;
  const keyOf = ({ daemon, service, text }) => JSON.stringify([daemon, service, text]);
  keyed(byId("problems"), problems, keyOf, (problem) => problemLine(problem, lead), () => {});
  say(
    byId("about"),
    `${agent.host} · icinga-warden ${agent.version} · up ${
      span(agent.uptime)
    } · process ${agent.pid} · ` +
      `${size(agent.memory)}${
        agent.lastEnd === "unclean" ? " · the previous run did not stop cleanly" : ""
      }`,
  );
  say(byId("pause"), maintenance ? "Resume" : "Pause…");
}

/** A problem of a service or a daemon leads to its card. */
function problemLine(problem, lead) {
  if (problem.daemon === null) return el("li", { textContent: problem.text });
  const button = el("button", { type: "button", className: "lead", textContent: problem.text });
  button.addEventListener("click", () => lead(problem));
  return el("li", {}, button);
}

/** Shows that nothing is known any more: since when, ms since the Unix epoch, and of which host. */
export function showLoss(since, host = location.host) {
  const hero = document.querySelector(".hero");
  hero.dataset.health = "unknown";
  hero.removeAttribute("data-paused");
  const verdict = `No contact since ${clock(since, false)}`;
  say(byId("verdict"), verdict);
  document.title = `${verdict} · ${host}`;
  byId("problems").replaceChildren(
    el("li", { textContent: "The agent does not answer; below is what was last heard of it" }),
  );
}

function pauseText({ until }) {
  return until === null ? "Paused: nothing is restarted" : `Paused until ${clock(until, false)}`;
}
