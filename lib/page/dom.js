/** Shortcuts to the document: text only ever goes in as text. */

export const byId = (id) => document.getElementById(id);

/** Controls, and marks that turn writing round: what follows such a mark would be read in another order. */
// deno-lint-ignore no-control-regex
const UNSAFE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text as it is shown, whoever wrote it. */
export function safeText(text) {
  return text.replaceAll(UNSAFE, "�");
}

/** Makes an element: its properties, then what is in it. */
export function el(tag, { textContent, ...properties } = {}, ...inside) {
  const element = Object.assign(document.createElement(tag), properties);
  return fill(element, textContent, ...inside);
}

/** Makes an element of SVG: its attributes, then what is in it. */
export function svg(tag, attributes = {}, ...inside) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return fill(element, ...inside);
}

/** Adds what is there to an element. */
export function fill(element, ...inside) {
  const parts = inside.flat().filter((part) => part !== null && part !== undefined);
  element.append(...parts.map((part) => typeof part === "string" ? safeText(part) : part));
  return element;
}

/** Sets a text only where it differs, so that what is selected or read aloud stays. */
export function say(element, text) {
  const safe = safeText(text);
  if (element.textContent !== safe) element.textContent = safe;
}

/** One element a key in `parent`: those that are gone are removed, `make` makes new ones, `update` each. */
export function keyed(parent, items, keyOf, make, update) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, i) => {
    const key = keyOf(item);
    const element = old.get(key) ?? make(item);
    old.delete(key);
    element.dataset.key = key;
    if (parent.children[i] !== element) parent.insertBefore(element, parent.children[i] ?? null);
    update(element, item);
  });
  for (const element of old.values()) element.remove();
}

/** Marks a card by the worst of the problems, which come first, that are about it; returns whether there is one. */
export function mark(card, problems, isAbout) {
  const worst = problems.find(isAbout);
  card.dataset.problem = worst?.level ?? "";
  return worst !== undefined;
}
