// What components show in rows, whoever made them: the first hundred of each, and those that match.

import { element, fill, wide } from "./element.js";
import { number } from "./numbers.js";

const MOST = 100;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;

export function tables(place, shown, wanted) {
  const used = shown.filter((table) => table.rows.length);
  if (!used.length) {
    fill(place, [element("p", { class: "none" }, "None yet.")]);
    return;
  }
  fill(place, used.map((table) => drawn(table, wanted.toLowerCase())));
}

function drawn({ id, name, help, rows }, wanted) {
  const found = rows.filter((row) => !wanted || text(Object.values(row)).includes(wanted));
  const keys = Object.keys(rows[0]);
  const head = keys.map((key) =>
    element("th", { scope: "col", ...numeric(rows[0][key]) }, key.replaceAll("_", " ")));
  const lines = found.slice(0, MOST).map((row) => element("tr", row.flagged || row.missing ? { class: "now" } : {},
    ...keys.map((key) => element("td", numeric(row[key]), cell(row[key])))));
  const said = found.length > MOST ? `the first ${MOST} of ${number(found.length)}` : `${number(found.length)}`;
  return element("figure", { class: "rows" },
    element("figcaption", {}, element("b", {}, `${id}: ${name}`), ` ${help} ${said}.`),
    wide(`${id}: ${name}`,
      element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...lines))));
}

function text(values) {
  return values.map((value) => (value === null ? "" : String(value))).join(" ").toLowerCase();
}

function numeric(value) {
  return typeof value === "number" ? { class: "number" } : {};
}

function cell(value) {
  if (value === null) return "";
  if (typeof value === "number") return Number.isInteger(value) ? value.toLocaleString("en") : value.toFixed(2);
  const said = String(value);
  return MOMENT.test(said) ? said.slice(0, 19).replace("T", " ") : said;
}
