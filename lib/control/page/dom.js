/** Shortcuts to the document: text only ever goes in as text. */

export const byId = (id) => document.getElementById(id);

/** Makes an element: its properties, then what is in it. */
export function el(tag, properties = {}, ...inside) {
  const element = document.createElement(tag);
  return fill(Object.assign(element, properties), ...inside);
}

/** Makes an element of SVG: its attributes, then what is in it. */
export function svg(tag, attributes = {}, ...inside) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return fill(element, ...inside);
}

/** Adds what is there to an element. */
export function fill(element, ...inside) {
  element.append(...inside.flat().filter((part) => part !== null && part !== undefined));
  return element;
}

/** Sets a text only where it differs, so that what is selected or read aloud stays. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
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
