// The status page: asks for the status every two seconds, and shows it. Every text that comes from
// elsewhere becomes a text node, so nothing that a device sends can become markup.

import { Asking, Refused } from "./asking.js";
import { element, fill } from "./element.js";
import { age, number } from "./numbers.js";
import { letters } from "./letters.js";
import { Live } from "./live.js";
import { losses } from "./losses.js";
import { pipelines } from "./pipelines.js";
import { queues } from "./queues.js";
import { Rates } from "./rates.js";
import { Series } from "./series.js";
import { tables } from "./tables.js";
import { workers } from "./workers.js";

const EVERY = 2000;
const TABLES = 5; // turns: they can be long
const HOLD = new Set(["held", "failing", "failed"]);
const at = (id) => document.getElementById(id);
const asking = new Asking();
const rates = new Rates();
const series = new Series();
const live = new Live(asking, at);
let before = null;
let turns = 0;
let next = 0; // the timer

function verdict(status) {
  if (!status.ready) return ["starting", "starting or stopping"];
  const held = status.components.filter((component) => HOLD.has(component.state));
  if (held.length) return ["held", `needs you: ${held.map((component) => component.id).join(", ")}`];
  const others = status.components.filter((component) => component.state !== "running");
  if (others.length) return ["paused", others.map((each) => `${each.id} ${each.state}`).join(", ")];
  return ["running", "all is well"];
}

function say(state, text) {
  const place = at("verdict");
  if (place.textContent !== text) place.textContent = text; // a screen reader hears changes only
  place.dataset.state = state;
  document.title = state === "running" ? "collector" : `${text} - collector`;
}

function facts(status) {
  const total = (kind, name) =>
    status.components
      .filter((component) => component.kind === kind)
      .reduce((sum, component) => sum + rates.of(component, name), 0);
  const said = [
    ["in", `${number(total("receiver", "accepted_log_records"))}/s`],
    ["out", `${number(total("exporter", "sent_log_records"))}/s`],
    ["up for", age((Date.now() - Date.parse(status.started)) / 1000)],
    ["with", status.config],
  ];
  fill(at("facts"), said.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value))));
}

function show(status) {
  rates.see(status);
  series.see(status);
  at("version").textContent = status.version;
  say(...verdict(status));
  facts(status);
  pipelines(at("pipelines"), status, rates);
  queues(at("exporters"), status, rates, series);
  losses(at("losses"), status, rates);
  workers(at("workers"), status, rates);
  live.offer(status.components);
}

async function begin() {
  const [history, config] = await Promise.all([asking.json("history"), asking.json("config")]);
  series.begin(history);
  at("config").textContent = JSON.stringify(config, null, 2);
}

async function showTables() {
  tables(at("tables"), (await asking.json("tables")).tables, at("wanted").value);
}

async function showLetters() {
  if (at("letters-details").open) letters(at("letters"), (await asking.json("letters")).letters);
}

async function turn() {
  try {
    const status = await asking.json("status");
    if (before === null || before !== status.started) await begin();
    before = status.started;
    at("ask").hidden = true;
    show(status);
    if (turns % TABLES === 0) await Promise.all([showTables(), showLetters()]);
    turns += 1;
  } catch (error) {
    if (error instanceof Refused) {
      at("ask").hidden = false;
      at("refused").textContent = asking.token ? "It is not this one." : "";
      say("unknown", "a token is needed");
    } else {
      say("lost", "the collector does not answer");
    }
  }
  next = setTimeout(turn, EVERY);
}

at("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  asking.token = at("token").value;
  clearTimeout(next);
  turn();
});

at("letters-details").addEventListener("toggle", () => showLetters().catch(() => {}));
at("wanted").addEventListener("input", () => showTables().catch(() => {}));

turn();
