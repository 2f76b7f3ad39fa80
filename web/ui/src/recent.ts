/** The newest measurements of each endpoint, kept on the screen only: enough for a small line. */

import type { Delta } from "./link";

export const KEPT = 60;
/** Probes below which a share of lost ones says nothing: one of five is chance, not 20%. */
export const ENOUGH = 20;

export interface Trail {
  rtt: number[];
  loss: number[];
}

export class Recent {
  private readonly trails = new Map<string, Trail>();

  /** Take in what a delta measured. */
  add(delta: Delta): void {
    for (const key of delta.gone) this.trails.delete(key.slice("endpoint/".length));
    for (const [key, value] of Object.entries(delta.put)) {
      if (!key.startsWith("endpoint/")) continue;
      const trail = this.trail(key.slice("endpoint/".length));
      push(trail.rtt, value.rtt);
      push(trail.loss, value.loss);
    }
  }

  /** An endpoint's measurements, oldest first. */
  of(id: string): Trail {
    return this.trails.get(id) ?? { rtt: [], loss: [] };
  }

  /** Percent of the last probes that were lost; null when they are too few. */
  loss(id: string): number | null {
    const { loss } = this.of(id);
    return loss.length < ENOUGH ? null : loss.reduce((sum, each) => sum + each, 0) / loss.length;
  }

  private trail(id: string): Trail {
    let trail = this.trails.get(id);
    if (!trail) this.trails.set(id, (trail = { rtt: [], loss: [] }));
    return trail;
  }
}

function push(ring: number[], value: unknown): void {
  if (typeof value !== "number") return;
  ring.push(value);
  if (ring.length > KEPT) ring.shift();
}

/** A path through the values in a box; the top of the box is the largest of them or `ceiling`. */
export function sparkline(values: number[], width: number, height: number, ceiling: number): string {
  if (values.length < 2) return "";
  const top = Math.max(ceiling, ...values);
  const step = width / (values.length - 1);
  return values
    .map((value, i) => `${i ? "L" : "M"}${(i * step).toFixed(1)} ${(height * (1 - value / top)).toFixed(1)}`)
    .join("");
}
