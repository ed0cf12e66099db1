// Elements made of plain data; strings become text nodes.

const SVG = "http://www.w3.org/2000/svg";

export function element(name, attributes = {}, ...children) {
  return dressed(document.createElement(name), attributes, children);
}

export function drawing(name, attributes = {}, ...children) {
  return dressed(document.createElementNS(SVG, name), attributes, children);
}

// Made anew every other second, so it leaves alone what somebody selects, to copy it, and keeps focus and
// scrolling of what has a label.
export function fill(place, children) {
  const selection = document.getSelection();
  if (!selection.isCollapsed && place.contains(selection.anchorNode)) return;
  const before = new Map(labelled(place).map((each) => [each.ariaLabel, each.scrollLeft]));
  const focused = place.contains(document.activeElement) ? document.activeElement.ariaLabel : null;
  place.replaceChildren(...children);
  for (const each of labelled(place)) {
    if (before.get(each.ariaLabel)) each.scrollLeft = before.get(each.ariaLabel);
    if (focused !== null && each.ariaLabel === focused) each.focus({ preventScroll: true });
  }
}

// What can be scrolled sideways, with the keyboard too.
export function wide(label, ...children) {
  return element("div", { class: "wide", tabindex: "0", role: "region", "aria-label": label }, ...children);
}

function labelled(place) {
  return [...place.querySelectorAll("[tabindex][aria-label]")];
}

function dressed(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}
