// Elements made of plain data; strings become text nodes.

const SVG = "http://www.w3.org/2000/svg";

export function element(name, attributes = {}, ...children) {
  return dressed(document.createElement(name), attributes, children);
}

export function drawing(name, attributes = {}, ...children) {
  return dressed(document.createElementNS(SVG, name), attributes, children);
}

export function fill(place, children) {
  place.replaceChildren(...children);
}

function dressed(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}
