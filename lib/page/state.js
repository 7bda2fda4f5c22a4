import { byId, el } from "./dom.js";
import { branch, preview, regrow } from "./tree.js";

/** By map, its element, and by key its branches and values. */
const maps = new Map();

/** Begins anew with what there is. */
export function showState(snapshot) {
  maps.clear();
  byId("state").replaceChildren();
  for (const [map, entries] of Object.entries(snapshot)) {
    for (const [key, value] of Object.entries(entries)) set(map, key, value);
  }
  find();
}

/** Shows what has changed. */
export function changeState(changes) {
  for (const { map, key, value } of changes) {
    if (value === undefined) remove(map, key);
    else flash(set(map, key, value));
  }
  find();
}

/** The first values of a daemon's own maps, a line each. */
export function firstValues(daemon, most) {
  const own = [...maps.keys()].filter((map) =>
    map.startsWith(`Daemons.${daemon}.`) && map !== `Daemons.${daemon}.Verdict`
  );
  return own.sort().flatMap((map) => [...maps.get(map).values]).slice(0, most)
    .map(([key, value]) => `${key}: ${preview(value)}`.slice(0, 120));
}

byId("find").addEventListener("input", find);

function set(map, key, value) {
  const { inside, keys, values } = maps.get(map) ?? grow(map);
  values.set(key, value);
  const old = keys.get(key);
  const element = old ? regrow(old, key, value) : branch(key, value);
  if (!old) inside.append(element);
  element.dataset.name = key;
  keys.set(key, element);
  return element;
}

function grow(map) {
  const inside = el("div");
  const name = el("b", { textContent: map });
  const element = el("details", { open: true }, el("summary", {}, name), inside);
  const after = [...maps.keys()].filter((other) => byOwner(map, other) < 0).sort(byOwner)[0];
  byId("state").insertBefore(element, after === undefined ? null : maps.get(after).element);
  const grown = { element, inside, keys: new Map(), values: new Map() };
  maps.set(map, grown);
  return grown;
}

/** The daemons' maps come before those of the agent. */
function byOwner(a, b) {
  const isAgents = (map) => map.startsWith("Agent.");
  return isAgents(a) - isAgents(b) || (a < b ? -1 : 1);
}

function remove(map, key) {
  const grown = maps.get(map);
  grown?.values.delete(key);
  grown?.keys.get(key)?.remove();
  grown?.keys.delete(key);
  if (grown?.keys.size !== 0) return;
  grown.element.remove();
  maps.delete(map);
}

function flash(element) {
  element.classList.remove("changed");
  requestAnimationFrame(() => element.classList.add("changed"));
}

function find() {
  const wanted = byId("find").value.toLowerCase();
  for (const [map, { element, keys }] of maps) {
    let shown = 0;
    for (const [key, branch] of keys) {
      branch.hidden = !`${map}.${key}`.toLowerCase().includes(wanted);
      if (!branch.hidden) shown++;
    }
    element.hidden = shown === 0;
  }
}
