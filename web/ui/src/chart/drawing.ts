/**
 * What is drawn of a history: equal answers give equal drawings. Pure.
 *
 * A bucket is a step from where it begins to where the next one does, so that nothing is drawn between two
 * numbers that was not measured. What is a gap, and what only the pace of the series, the service says.
 */

import type { History } from "../history";

export type Gap = [from: number, to: number];

/** Where a reader may stand: in a bucket or in a gap. */
export interface Place {
  /** its middle */
  x: number;
  /** null in a gap */
  bucket: number | null;
}

export interface Drawing {
  start: number;
  stop: number;
  /** seconds: two for each bucket, its beginning and its end; one inside each gap, where the others are null */
  x: number[];
  mean: (number | null)[];
  least: (number | null)[];
  most: (number | null)[];
  /** which place each x belongs to */
  place: number[];
  places: Place[];
  gaps: Gap[];
}

/** The steps and the gaps of a history. */
export function drawingOf(history: History): Drawing {
  const { at, start, stop, step } = history;
  const gaps = history.gaps.map(([from, to]): Gap => [Math.max(from, start), Math.min(to, stop)]);
  const out: Drawing = { start, stop, x: [], mean: [], least: [], most: [], place: [], places: [], gaps };
  let g = 0;
  at.forEach((begin, i) => {
    for (; g < gaps.length && gaps[g]![0] <= begin; g += 1) putGap(out, gaps[g]!);
    const next = at[i + 1];
    const broken = next === undefined || (gaps[g]?.[0] ?? Infinity) < next;
    putBucket(out, history, i, Math.max(begin, start), broken ? Math.min(begin + step, stop) : next);
  });
  for (; g < gaps.length; g += 1) putGap(out, gaps[g]!);
  return out;
}

function putGap(out: Drawing, gap: Gap): void {
  put(out, middle(gap), null, null, null);
  out.places.push({ x: middle(gap), bucket: null });
}

function putBucket(out: Drawing, { mean, least, most }: History, i: number, from: number, to: number): void {
  for (const x of [from, to]) put(out, x, mean[i]!, least[i]!, most[i]!);
  out.places.push({ x: middle([from, to]), bucket: i });
}

function put(out: Drawing, x: number, mean: number | null, least: number | null, most: number | null): void {
  out.x.push(x);
  out.mean.push(mean);
  out.least.push(least);
  out.most.push(most);
  out.place.push(out.places.length);
}

function middle([from, to]: Gap): number {
  return (from + to) / 2;
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
