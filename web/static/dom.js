// A few words for the page's elements.

export const byId = (id) => document.getElementById(id);

export const make = (tag, fields = {}) => Object.assign(document.createElement(tag), fields);

export function svgOf(tag, attributes = {}) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** Write only what changed, so a screen reader is not told the same thing twice. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
