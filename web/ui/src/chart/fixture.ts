/** A history made of samples as the service would answer it, for the tests. */

import type { History } from "../history";

/** Samples as (time, value), in buckets of `step` seconds. */
export function historyOf(
  samples: [number, number][],
  { start = 0, stop = 600, step = 30, ...more }: Partial<History> = {},
): History {
  const out: History = { ...EMPTY, start, stop, step, at: [], count: [], mean: [], least: [], most: [], last: [], gaps: [] };
  for (let at = Math.floor(start / step) * step; at < stop; at += step) {
    const held = samples.filter(([time]) => time >= Math.max(at, start) && time < Math.min(at + step, stop)).map(([, value]) => value);
    if (held.length) fill(out, at, held);
    else if (out.gaps.at(-1)?.[1] === at) out.gaps.at(-1)![1] = Math.min(at + step, stop);
    else out.gaps.push([Math.max(at, start), Math.min(at + step, stop)]);
  }
  return { ...out, ...more };
}

/** One sample every so many seconds of a stretch. */
export function every(seconds: number, from: number, to: number, value: (at: number) => number): [number, number][] {
  const out: [number, number][] = [];
  for (let at = from; at < to; at += seconds) out.push([at, value(at)]);
  return out;
}

const EMPTY = { measurement: "endpoint", field: "rtt", unit: "ms" };

function fill(out: History, at: number, held: number[]): void {
  out.at.push(at);
  out.count.push(held.length);
  out.mean.push(held.reduce((sum, each) => sum + each, 0) / held.length);
  out.least.push(Math.min(...held));
  out.most.push(Math.max(...held));
  out.last.push(held.at(-1)!);
}
