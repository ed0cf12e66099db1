// What is in the dead letter: why each could not be delivered, and what it was.

import { element, fill } from "./element.js";

export function letters(place, found) {
  if (!found.length) {
    fill(place, [element("p", { class: "none" }, "Nothing.")]);
    return;
  }
  const head = ["time", "component", "reason", "what was said", "what it was"].map((name) =>
    element("th", { scope: "col" }, name));
  const rows = found.map((letter) => element("tr", {},
    element("td", {}, letter.time.slice(0, 19).replace("T", " ")),
    element("td", {}, letter.id),
    element("td", {}, letter.reason.replaceAll("_", " ")),
    element("td", {}, letter.text),
    element("td", {}, element("code", {}, letter.row))));
  fill(place, [element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows))]);
}
