// Three words for the page's elements.

export const byId = (id) => document.getElementById(id);

export const make = (tag, fields = {}) => Object.assign(document.createElement(tag), fields);

/** Write only what changed, so a screen reader is not told the same thing twice. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
