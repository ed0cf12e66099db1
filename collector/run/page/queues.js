// Each exporter's queue: how full, how old, and both over the last ten minutes.

import { drawing, element, fill } from "./element.js";
import { age, number, size } from "./numbers.js";

const [WIDE, HIGH] = [300, 48];

export function queues(place, status, rates, series) {
  const exporters = status.components.filter((component) => component.kind === "exporter");
  fill(place, exporters.map((exporter) => queue(exporter, rates, series)));
}

function queue(exporter, rates, series) {
  const { queue_bytes: bytes = 0, queue_capacity_bytes: room = 0, queued_log_records: events = 0,
    in_flight_log_records: flying = 0, oldest_unsent_age_seconds: oldest = 0 } = exporter.gauges;
  const full = room ? Math.round((100 * bytes) / room) : 0;
  return element("article", { class: "queue", "aria-label": `Exporter ${exporter.id}` },
    element("h3", {}, element("span", {}, exporter.id),
      element("span", { "data-state": exporter.state }, exporter.state)),
    exporter.reason ? element("p", { class: "reason" }, exporter.reason) : null,
    element("p", { class: "about" }, `${number(events)} events wait, ${number(flying)} are on their way, `
      + `${number(rates.of(exporter, "sent_log_records"))}/s are sent`),
    element("meter", { min: 0, max: room || 1, value: bytes, high: (room || 1) * 0.8,
      "aria-label": `The queue of ${exporter.id} is ${full} % full` }),
    figure("queue", `${size(bytes)} of ${size(room)}`, series.of(exporter, "queue_bytes"), 4096),
    figure("oldest event", age(oldest), series.of(exporter, "oldest_unsent_age_seconds"), 5));
}

// `least`: the plot's top is never below it, so that a little noise does not look like much.
function figure(name, now, points, least) {
  const top = Math.max(least, ...points.map(([, value]) => value));
  const label = `${name} over ten minutes: now ${now}`;
  const svg = drawing("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", role: "img",
    "aria-label": label }, drawing("path", { d: area(points, top) }));
  return element("figure", {}, element("figcaption", {}, name, element("b", {}, now)), svg);
}

function area(points, top) {
  if (!points.length) return "";
  const places = points.map(([at, value]) =>
    `${(at * WIDE).toFixed(1)} ${(HIGH - (value / top) * (HIGH - 2)).toFixed(1)}`);
  const first = (points[0][0] * WIDE).toFixed(1);
  return `M${first} ${HIGH} L${places.join(" L")} L${WIDE} ${HIGH} Z`;
}
