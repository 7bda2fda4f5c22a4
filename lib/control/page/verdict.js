import { byId, el, say } from "./dom.js";
import { clock, size, span } from "./format.js";

const WORDS = { ok: "All is well", warning: "Warning", critical: "Critical", unknown: "Unknown" };

/** Shows the verdict: how the host is, at one look. */
export function showVerdict({ health, problems, agent, maintenance }) {
  const hero = document.querySelector(".hero");
  hero.dataset.health = maintenance && health === "ok" ? "warning" : health;
  hero.toggleAttribute("data-paused", maintenance !== null);
  const verdict = maintenance ? pauseText(maintenance) : WORDS[health];
  say(byId("verdict"), verdict);
  document.title = `${maintenance ? "Paused" : WORDS[health]} · ${agent.host}`;
  byId("problems").replaceChildren(...problems.map(({ text }) => el("li", { textContent: text })));
  say(
    byId("about"),
    `${agent.host} · icinga-warden ${agent.version} · up ${
      span(agent.uptime)
    } · process ${agent.pid} · ` +
      `${size(agent.memory)}${agent.lastEnd === "unclean" ? " · the previous run broke off" : ""}`,
  );
  say(byId("pause"), maintenance ? "Resume" : "Pause…");
}

function pauseText({ until }) {
  return until === null ? "Paused: nothing is restarted" : `Paused until ${clock(until, false)}`;
}
