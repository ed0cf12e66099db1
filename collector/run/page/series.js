// The last ten minutes of each gauge: what the collector has kept, and what we see from then on.

const KEPT = 600;

export class Series {
  #points = new Map(); // name -> [[time, value], ...]

  begin({ step, series }) {
    this.#points.clear();
    const now = performance.now() / 1000;
    for (const [name, values] of Object.entries(series)) {
      const points = values.map((value, n) => [now - step * (values.length - 1 - n), value]);
      this.#points.set(name, points.filter(([, value]) => value !== null));
    }
  }

  see(status) {
    const now = performance.now() / 1000;
    for (const component of status.components) {
      for (const [name, value] of Object.entries(component.gauges)) {
        const key = `${component.kind}/${component.id}/${name}`;
        const points = this.#points.get(key) ?? [];
        points.push([now, value]);
        while (points[0][0] < now - KEPT) points.shift();
        this.#points.set(key, points);
      }
    }
  }

  // Points of a gauge as [part of the ten minutes, value].
  of(component, name) {
    const now = performance.now() / 1000;
    const points = this.#points.get(`${component.kind}/${component.id}/${name}`) ?? [];
    return points.map(([at, value]) => [1 - (now - at) / KEPT, value]);
  }
}
