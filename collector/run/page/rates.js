// How much a second, from two looks at the counters.

const key = (component, name) => `${component.kind}/${component.id}/${name}`;

// A worker has counters like a component.
export function asComponent({ slot, counters }) {
  return { kind: "worker", id: slot, counters, reasons: {} };
}

export class Rates {
  #last = { at: 0, counts: new Map() };
  #before = { at: 0, counts: new Map() };

  see(status) {
    const counts = new Map();
    for (const component of [...status.components, ...status.workers.map(asComponent)]) {
      for (const [name, n] of Object.entries(component.counters)) counts.set(key(component, name), n);
      for (const [name, by] of Object.entries(component.reasons)) {
        for (const [reason, n] of Object.entries(by)) counts.set(key(component, `${name}/${reason}`), n);
      }
    }
    this.#before = this.#last;
    this.#last = { at: performance.now(), counts };
  }

  // 0 at the first look, and after a restart, when counters begin anew.
  of(component, name) {
    const seconds = (this.#last.at - this.#before.at) / 1000;
    if (!this.#before.at || seconds <= 0) return 0;
    const wanted = key(component, name);
    const more = (this.#last.counts.get(wanted) ?? 0) - (this.#before.counts.get(wanted) ?? 0);
    return Math.max(0, more) / seconds;
  }
}
