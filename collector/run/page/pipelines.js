// Each pipeline as columns of components, with lines between those that events pass.

import { drawing, element, fill } from "./element.js";
import { number } from "./numbers.js";

// The counter that says how much passes a component.
const PASSED = {
  receiver: "accepted_log_records",
  processor: "outgoing_items",
  connector: "incoming_items",
  exporter: "sent_log_records",
};

export function pipelines(place, status, rates) {
  const known = new Map(status.components.map((each) => [`${each.kind}/${each.id}`, each]));
  const find = (kind, id) =>
    known.get(`${kind}/${id}`) ?? known.get(`connector/${id}`) ?? unknown(kind, id);
  const drawn = status.pipelines.map((pipeline) => {
    const columns = [
      pipeline.receivers.map((id) => find("receiver", id)),
      ...pipeline.processors.map((id) => [find("processor", id)]),
      pipeline.exporters.map((id) => find("exporter", id)),
    ];
    return [drawnPipeline(pipeline.id, columns, rates), columns];
  });
  fill(place, drawn.map(([made]) => made));
  for (const [made, columns] of drawn) if (made.isConnected) connect(made, columns, rates);
}

function unknown(kind, id) {
  return { kind, id, state: "unknown", reason: "", counters: {}, reasons: {}, gauges: {} };
}

function drawnPipeline(id, columns, rates) {
  const lists = columns.map((column) => element("ul", {}, ...column.map((each) => card(each, rates))));
  const label = `Pipeline ${id}`;
  return element("article", { class: "pipeline", tabindex: "0", "aria-label": label },
    drawing("svg", { "aria-hidden": "true" }), element("h3", {}, id), ...lists);
}

function card(component, rates) {
  const rate = rates.of(component, PASSED[component.kind]);
  const state = component.state === "running" ? "" : component.state;
  return element("li", { class: "component", "data-state": component.state },
    element("div", { class: "id" }, ...foldable(component.id)),
    element("div", { class: "rate" }, `${number(rate)}/s`),
    state ? element("div", { class: "state" }, state) : null,
    component.reason ? element("div", { class: "reason" }, component.reason) : null);
}

// A long name may be broken behind a slash or a colon.
function foldable(id) {
  return id.split(/(?<=[/:.])/).flatMap((part, n) => (n ? [element("wbr"), part] : [part]));
}

function connect(made, columns, rates) {
  const [svg] = made.getElementsByTagName("svg");
  const origin = made.getBoundingClientRect();
  const lists = [...made.getElementsByTagName("ul")];
  const boxes = lists.map((list) => [...list.children].map((card) => card.getBoundingClientRect()));
  for (let n = 1; n < columns.length; n += 1) {
    boxes[n - 1].forEach((from, i) => {
      boxes[n].forEach((to) => {
        const flowing = rates.of(columns[n - 1][i], PASSED[columns[n - 1][i].kind]) > 0;
        svg.append(line(from, to, origin, made.scrollLeft, flowing));
      });
    });
  }
}

function line(from, to, origin, scrolled, flowing) {
  const [x1, x2] = [from.right, to.left].map((x) => x - origin.left + scrolled);
  const [y1, y2] = [from, to].map((box) => box.top + box.height / 2 - origin.top);
  const bend = (x2 - x1) / 2;
  const d = `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
  return drawing("path", flowing ? { d, class: "flowing" } : { d });
}
