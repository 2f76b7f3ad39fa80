/** In which order the measures of an endpoint are shown. Pure. */

import type { Measure } from "../history";

/** Charts shown at most: more cannot be looked through. */
export const MOST = 16;
const FIRST = ["rtt", "loss"];

export interface Arranged {
  /** whether it answers, and how fast: what stands beside its states */
  first: Measure[];
  rest: Measure[];
  /** how many are not shown */
  more: number;
  sources: number;
}

/** Round trip and loss of the first source that has them, then the others by source and field. */
export function arranged(found: readonly Measure[]): Arranged {
  const sorted = [...found].sort((a, b) => compare(a.source, b.source) || place(a) - place(b) || compare(a.field, b.field));
  const lead = sorted.find((each) => FIRST.includes(each.field))?.source;
  const isFirst = (each: Measure) => each.source === lead && FIRST.includes(each.field);
  const first = sorted.filter(isFirst);
  const others = sorted.filter((each) => !isFirst(each));
  const rest = others.slice(0, MOST - first.length);
  const sources = new Set(found.map((each) => each.source)).size;
  return { first, rest, more: others.length - rest.length, sources };
}

function place({ field }: Measure): number {
  const at = FIRST.indexOf(field);
  return at < 0 ? FIRST.length : at;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
