import { ask, listen, LoggedOut } from "./agent.js";
import * as daemons from "./daemons.js";
import { byId, say } from "./dom.js";
import { addToLog, resetLog, showEnd } from "./log.js";
import * as services from "./services.js";
import { changeState, showState } from "./state.js";
import { showLoss, showVerdict } from "./verdict.js";

/** After the stream has broken it is tried again after this time, ms. */
const AGAIN = 2_000;

const FORGOTTEN =
  "You were logged out: the agent was started anew, or the login was older than 12 hours";

/** Time between two updates of what depends on time alone, ms. */
const REDRAW = 5_000;

let paused = false;
let status;
let silence = () => {};

/** Since when nothing was heard of the agent; undefined while it is there. */
let lost;

start();

/** A link that logs in bears its code behind #, where no server and no log sees it. */
async function start() {
  const code = location.hash.slice(1);
  history.replaceState(null, "", "/");
  try {
    if (code) await ask("login", { code });
  } catch (error) {
    say(byId("login-error"), `${error.message}; it opens the page once, within a minute`);
  }
  await connect();
}

async function connect() {
  try {
    const past = await ask("history");
    services.loadPast(past);
    daemons.loadPast(past.threads);
  } catch (error) {
    if (error instanceof LoggedOut) return logOut(status && FORGOTTEN);
    return lose();
  }
  resetLog();
  silence = listen({
    status: takeStatus,
    snapshot: showState,
    changes: changeState,
    log: addToLog,
  }, lose);
}

function takeStatus(next) {
  if (status && restartsOf(status) !== restartsOf(next)) refreshPast();
  status = next;
  lost = undefined;
  delete byId("dashboard").dataset.lost;
  disableControls(false);
  paused = status.maintenance !== null;
  if (byId("dashboard").hidden) {
    show("dashboard");
    showEnd();
  }
  say(byId("live"), "live");
  byId("live").classList.add("on");
  draw();
  services.showServices(status);
}

function restartsOf({ services }) {
  return services.map(({ lastRestart }) => lastRestart).join();
}

/** A status may come only after an outage has begun and ended. */
async function refreshPast() {
  const past = await ask("history").catch(() => undefined);
  if (past) services.loadPast(past);
  services.draw();
}

function draw() {
  showVerdict(status, leadToCard);
  daemons.showDaemons(status, restart);
}

function leadToCard({ daemon, service }) {
  const card = (service && services.serviceCard(daemon, service)) ?? daemons.daemonCard(daemon);
  if (!card) return;
  if (card.tagName === "DETAILS") card.open = true;
  card.scrollIntoView({ block: "center" });
  (card.querySelector("summary") ?? card).focus();
}

/** What is not answered is not offered. */
function disableControls(disabled) {
  for (const button of byId("dashboard").querySelectorAll("button")) button.disabled = disabled;
  if (disabled && byId("ask").open) byId("ask").close("");
}

/** What is on the page from now on is how it was: that has to be seen at one look. */
function lose() {
  lost ??= Date.now();
  showLoss(lost, status?.agent.host);
  byId("dashboard").dataset.lost = "";
  disableControls(true);
  say(byId("live"), "connecting");
  byId("live").classList.remove("on");
  if (byId("dashboard").hidden) show("dashboard");
  setTimeout(connect, AGAIN);
}

/** Shows the login, and why it is needed again. */
function logOut(why = "") {
  status = undefined;
  lost = undefined;
  document.title = "Logged out · icinga-warden";
  if (why) say(byId("login-error"), why);
  show("login");
}

function show(id) {
  for (const main of document.querySelectorAll("main")) main.hidden = main.id !== id;
  if (id === "login") byId("token").focus();
}

setInterval(() => {
  if (!status || lost || document.hidden) return;
  const seconds = REDRAW / 1000;
  status.agent.uptime += seconds;
  for (const daemon of status.daemons) if (daemon.uptime !== null) daemon.uptime += seconds;
  draw();
  services.draw();
}, REDRAW);

byId("login").querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await ask("login", { token: byId("token").value });
    byId("token").value = "";
    say(byId("login-error"), "");
    await connect();
  } catch (error) {
    say(byId("login-error"), error.message);
  }
});

byId("logout").addEventListener("click", async () => {
  silence();
  await ask("logout", {}).catch(() => {});
  logOut();
});

byId("pause").addEventListener("click", async () => {
  const question = paused
    ? {
      title: "Resume?",
      text: "Daemons work again, and what failed is started again.",
      yes: "Resume",
    }
    : {
      title: "Pause the agent?",
      text: "For maintenance: daemons idle, and nothing is restarted, the service included.",
      yes: "Pause",
      withDuration: true,
    };
  if (!await confirm(question)) return;
  const duration = byId("duration").value;
  await act(paused ? "resume" : "pause", !paused && duration ? { duration } : {});
});

async function restart(daemon) {
  const question = {
    title: `Restart ${daemon}?`,
    text: "Its threads end and start anew.",
    yes: "Restart",
  };
  if (await confirm(question)) await act("restart", { daemon });
}

async function act(name, body) {
  try {
    await ask(name, body);
  } catch (error) {
    if (error instanceof LoggedOut) return logOut(FORGOTTEN);
    await confirm({ title: "That failed", text: error.message, yes: "Close" });
  }
}

/** Resolves with whether the answer is yes. The event of an earlier question may come after this one is asked. */
function confirm({ title, text, yes, withDuration = false }) {
  const dialog = byId("ask");
  say(byId("ask-title"), title);
  say(byId("ask-text"), text);
  say(byId("ask-yes"), yes);
  byId("ask-choice").hidden = !withDuration;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => {
      if (!dialog.open) resolve(dialog.returnValue === "yes");
    };
  });
}
