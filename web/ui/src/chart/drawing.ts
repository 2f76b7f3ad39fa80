/**
 * What is drawn of a history: equal answers give equal drawings. Pure.
 *
 * A bucket is a step from where it begins to where the next one does, so that nothing is drawn between two
 * numbers that was not measured. An empty bucket is no gap by itself: buckets may be shorter than the time between
 * two samples. It is one when nothing came for three intervals, which is when data is stale everywhere.
 */

import type { History } from "../history";

/** Intervals without a sample after which data is missing. */
const STALE_INTERVALS = 3;

export type Gap = [from: number, to: number];

export interface Drawing {
  start: number;
  stop: number;
  /** seconds: two for each bucket, its beginning and its end; one inside each gap, where the others are null */
  x: number[];
  mean: (number | null)[];
  least: (number | null)[];
  most: (number | null)[];
  /** which bucket each x belongs to */
  bucket: (number | null)[];
  gaps: Gap[];
}

/** The steps and the gaps of a history. */
export function drawingOf(history: History): Drawing {
  const { at, start, stop, step } = history;
  const gaps = gapsOf(history);
  const out: Drawing = { start, stop, x: [], mean: [], least: [], most: [], bucket: [], gaps };
  let g = 0;
  at.forEach((begin, i) => {
    for (; g < gaps.length && gaps[g]![0] <= begin; g += 1) put(out, history, middle(gaps[g]!), null);
    const end = Math.min(begin + step, stop);
    const next = at[i + 1];
    const held = next === undefined || (gaps[g] !== undefined && gaps[g]![0] < next) ? end : next;
    put(out, history, Math.max(begin, start), i);
    put(out, history, held, i);
  });
  for (; g < gaps.length; g += 1) put(out, history, middle(gaps[g]!), null);
  return out;
}

function put(out: Drawing, history: History, x: number, i: number | null): void {
  out.x.push(x);
  out.bucket.push(i);
  for (const column of ["mean", "least", "most"] as const) out[column].push(i === null ? null : history[column][i]!);
}

function middle([from, to]: Gap): number {
  return (from + to) / 2;
}

/** Seconds from one sample to the next, as far as the buckets tell. */
export function intervalOf({ at, count, step }: History): number {
  const spacing = at.length < 2 ? step : median(at.slice(1).map((each, i) => each - at[i]!));
  return spacing / Math.max(1, median(count));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function gapsOf(history: History): Gap[] {
  const { at, start, stop, gaps } = history;
  if (!at.length) return stop > start ? [[start, stop]] : [];
  const least = STALE_INTERVALS * intervalOf(history) - 1e-6;
  return gaps
    .map(([from, to]): Gap => [Math.max(from, start), Math.min(to, stop)])
    .filter(([from, to]) => to - from >= least);
}

/** What of some gaps lies in none of others; both in order of time. */
export function without(gaps: readonly Gap[], others: readonly Gap[]): Gap[] {
  const out: Gap[] = [];
  for (const [from, to] of gaps) {
    let here = from;
    for (const [begin, end] of others) {
      if (end <= here || begin >= to) continue;
      if (begin > here) out.push([here, begin]);
      here = end;
    }
    if (here < to) out.push([here, to]);
  }
  return out;
}

/** A number that tells drawings apart, so that two screens, or two stores, can be compared. FNV-1a, 32 bits. */
export function fingerprint(drawing: unknown): string {
  let hash = 0x811c9dc5;
  for (const unit of JSON.stringify(drawing)) hash = Math.imul(hash ^ unit.codePointAt(0)!, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
