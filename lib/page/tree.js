import { el, say } from "./dom.js";

/** A name and its value as a branch of the tree: an object opens, anything else is a line. */
export function branch(name, value) {
  return update(isTree(value) ? opening(name) : line(name), value);
}

/** Shows another value in a branch; returns it, or what takes its place. */
export function regrow(element, name, value) {
  const fits = isTree(value) === (element.tagName === "DETAILS");
  if (fits) return update(element, value);
  const fresh = branch(name, value);
  element.replaceWith(fresh);
  return fresh;
}

function isTree(value) {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

function opening(name) {
  return el("details", {}, el("summary", {}, `${name} `, el("span")), el("div"));
}

function line(name) {
  return el("p", {}, el("span", { textContent: `${name} ` }), el("b"));
}

function update(element, value) {
  if (element.tagName !== "DETAILS") {
    say(element.querySelector("b"), preview(value));
    return element;
  }
  const inside = element.lastChild;
  say(element.querySelector("summary span"), preview(value));
  const old = new Map([...inside.children].map((child) => [child.dataset.name, child]));
  for (const [name, part] of Object.entries(value)) {
    const before = old.get(name);
    old.delete(name);
    const child = before ? regrow(before, name, part) : branch(name, part);
    child.dataset.name = name;
    if (!before) inside.append(child);
  }
  for (const child of old.values()) child.remove();
  return element;
}

/** A value in one line: of an object the first plain values with their names. */
export function preview(value) {
  if (!isTree(value)) return typeof value === "string" ? value : JSON.stringify(value);
  const plain = Object.entries(value).filter(([, part]) => !isTree(part));
  const words = Array.isArray(value)
    ? plain.map(([, part]) => String(part))
    : plain.map(([name, part]) => `${name}: ${part}`);
  return words.slice(0, 3).join(" · ").slice(0, 60);
}
