import { byId, el } from "./dom.js";
import { branch, regrow } from "./tree.js";

/** By map, its element and by key its branches. */
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

byId("find").addEventListener("input", find);

function set(map, key, value) {
  const { inside, keys } = maps.get(map) ?? grow(map);
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
  const after = [...maps.keys()].filter((other) => other > map).sort()[0];
  byId("state").insertBefore(element, after === undefined ? null : maps.get(after).element);
  const grown = { element, inside, keys: new Map() };
  maps.set(map, grown);
  return grown;
}

function remove(map, key) {
  const grown = maps.get(map);
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
