// The live tail: events at one component as they pass, asked for once a second while it is on. A tap that
// is no longer asked about ends by itself, so closing the page is enough.

import { Refused } from "./asking.js";
import { element } from "./element.js";
import { number } from "./numbers.js";

const EVERY = 1000;
const MOST = 200;
const HANDED = { exporter: "is given", receiver: "hands on", processor: "hands on", connector: "hands on" };

export class Live {
  #asking;
  #at;
  #offered = "";
  #query = null; // of the tap that is on
  #next = 0; // the timer
  #shown = 0;
  #leftOut = 0;

  constructor(asking, at) {
    this.#asking = asking;
    this.#at = at;
    at("live").addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#query) this.#stop();
      else this.#start();
    });
  }

  offer(components) {
    const edges = components.filter(({ kind }) => kind in HANDED).map(({ kind, id }) => [`${kind}:${id}`, `what ${kind} ${id} ${HANDED[kind]}`]);
    if (JSON.stringify(edges) === this.#offered) return;
    this.#offered = JSON.stringify(edges);
    const select = this.#at("edge");
    const chosen = select.value;
    select.replaceChildren(...edges.map(([value, said]) => element("option", { value }, said)));
    if (edges.some(([value]) => value === chosen)) select.value = chosen;
  }

  #start() {
    const id = crypto.getRandomValues(new Uint32Array(2)).join("-");
    this.#query = new URLSearchParams({ id, edge: this.#at("edge").value, where: this.#at("where").value });
    this.#shown = this.#leftOut = 0;
    this.#at("live-button").textContent = "Stop";
    this.#at("live-refused").textContent = "";
    this.#at("live-said").textContent = "";
    this.#at("tail").replaceChildren();
    this.#at("tail").hidden = true;
    this.#ask();
  }

  #stop(said = "") {
    clearTimeout(this.#next);
    this.#query = null;
    this.#at("live-button").textContent = "Start";
    this.#at("live-refused").textContent = said;
  }

  async #ask() {
    const query = this.#query;
    try {
      const answer = await this.#asking.json(`tap?${query}`);
      if (query !== this.#query) return;
      this.#show(answer);
      this.#next = setTimeout(() => this.#ask(), EVERY);
    } catch (error) {
      if (query !== this.#query) return;
      this.#stop(error instanceof Refused ? "A token is needed." : error.message);
    }
  }

  #show({ events, left_out: leftOut }) {
    const tail = this.#at("tail");
    const follows = tail.scrollTop + tail.clientHeight >= tail.scrollHeight - 8; // unless somebody reads above
    tail.hidden = tail.hidden && !events.length;
    tail.append(...events.slice(-MOST).map((line) => element("li", {}, line)));
    while (tail.childElementCount > MOST) tail.firstElementChild.remove();
    if (follows) tail.scrollTop = tail.scrollHeight;
    this.#shown += events.length;
    this.#leftOut += leftOut;
    const missing = this.#leftOut ? `, and ${number(this.#leftOut)} left out: there are too many` : "";
    this.#at("live-said").textContent = `${number(this.#shown)} events${missing}`;
  }
}
