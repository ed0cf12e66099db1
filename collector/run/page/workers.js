// What each worker's process costs, and how long all that it serves has to wait for its turn.

import { element, fill, wide } from "./element.js";
import { number, size } from "./numbers.js";
import { asComponent } from "./rates.js";

const SLOW = 0.5; // seconds that something kept it waiting, which an operator should know
const HEAD = ["worker", "pid", "CPU", "garbage collection", "memory", "longest delay"];

export function workers(place, status, rates) {
  const head = HEAD.map((name, n) => element("th", n ? { scope: "col", class: "number" } : { scope: "col" }, name));
  const rows = status.workers.map((worker) => row(worker, rates));
  fill(place, [wide("Workers",
    element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows)))]);
}

function row(worker, rates) {
  const { process_memory_rss_bytes: memory = 0, process_eventloop_delay_max_seconds: delay = 0 } = worker.gauges;
  const part = (name) => `${(100 * rates.of(asComponent(worker), name)).toFixed(1)} %`;
  const name = worker.ready ? `${worker.slot}` : `${worker.slot}, ending`;
  const said = [worker.pid, part("process_cpu_seconds"), part("process_runtime_cpython_gc_pause_seconds"),
    size(memory), delay < 1 ? `${number(Math.round(delay * 1000))} ms` : `${delay.toFixed(1)} s`];
  return element("tr", delay > SLOW ? { class: "now" } : {}, element("td", {}, name),
    ...said.map((text) => element("td", { class: "number" }, `${text}`)));
}
