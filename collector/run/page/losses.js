// What did not get through, by component and reason; what grows right now stands out.

import { element, fill, wide } from "./element.js";
import { number } from "./numbers.js";

// Counters with a reason are all about that; these have none and are, too.
const MORE = ["rejected_log_records", "kernel_dropped_datagrams", "flagged_log_records",
  "encode_failures", "parser_failures", "failures", "eventloop_blocks", "quarantined_requests"];

export function losses(place, status, rates) {
  const rows = status.components.flatMap((component) => [...found(component, rates)]);
  if (!rows.length) {
    fill(place, [element("p", { class: "none" }, "Nothing.")]);
    return;
  }
  const head = element("tr", {}, ...["component", "what", "reason"].map((text) => element("th", { scope: "col" }, text)),
    ...["count", "now"].map((text) => element("th", { scope: "col", class: "number" }, text)));
  const table = element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows.map(row)));
  fill(place, [wide("Dropped, refused, set aside", table)]);
}

function* found(component, rates) {
  for (const [name, by] of Object.entries(component.reasons)) {
    for (const [reason, n] of Object.entries(by)) {
      if (n) yield [component.id, name, reason, n, rates.of(component, `${name}/${reason}`)];
    }
  }
  for (const name of MORE) {
    const n = component.counters[name];
    if (n && !(name in component.reasons)) yield [component.id, name, "", n, rates.of(component, name)];
  }
}

function row([id, name, reason, n, rate]) {
  return element("tr", rate ? { class: "now" } : {},
    element("td", {}, id), element("td", {}, name.replaceAll("_", " ")), element("td", {}, reason.replaceAll("_", " ")),
    element("td", { class: "number" }, number(n)), element("td", { class: "number" }, rate ? `${number(rate)}/s` : ""));
}
