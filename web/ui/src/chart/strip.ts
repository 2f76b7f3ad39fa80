/** The states of an endpoint over a time, from measurement `state`, field `code`. Pure. */

import type { History } from "../history";
import type { State } from "../picture";
import { rank } from "../derive";

/** By code; a code is never given another meaning (ioc/store/line.py). */
const BY_CODE: readonly State[] = ["up", "degraded", "down", "unreachable", "unknown", "maintenance", "off"];

/** A state is written when it changes and every five minutes; later than this the next one is missing. */
export const HOLD = 330;

export interface Span {
  from: number;
  to: number;
  /** null where nothing is known */
  state: State | null;
}

/** One span after the other, from `start` to `stop`; the history may begin earlier, to tell what was so at `start`. */
export function spansOf(history: History, start: number, stop: number): Span[] {
  const { at, step } = history;
  const out: Span[] = [];
  at.forEach((begin, i) => {
    const end = Math.min(at[i + 1] ?? Infinity, begin + step + HOLD);
    add(out, { from: begin, to: end, state: stateOf(history, i) }, start, stop);
  });
  add(out, { from: stop, to: stop, state: null }, start, stop);
  return out;
}

/** The worst state that a bucket is known to have held. */
function stateOf({ least, most, last }: History, i: number): State {
  const held = [last[i], least[i], most[i]].map((code) => BY_CODE[code ?? -1] ?? "unknown");
  return held.reduce((worst, each) => (rank(each) < rank(worst) ? each : worst));
}

function add(out: Span[], span: Span, start: number, stop: number): void {
  const from = Math.max(span.from, start);
  const to = Math.min(span.to, stop);
  const before = out.at(-1)?.to ?? start;
  if (from > before) join(out, { from: before, to: from, state: null });
  if (to > from) join(out, { from, to, state: span.state });
}

function join(out: Span[], span: Span): void {
  const last = out.at(-1);
  if (last && last.state === span.state) last.to = span.to;
  else out.push(span);
}

/** Seconds in each state, in the order that they are to be read: worst first, what is not known last. */
export function totals(spans: readonly Span[]): [State | null, number][] {
  const sums = new Map<State | null, number>();
  for (const { from, to, state } of spans) sums.set(state, (sums.get(state) ?? 0) + to - from);
  const place = (state: State | null) => (state ? rank(state) : Infinity);
  return [...sums].sort(([a], [b]) => place(a) - place(b));
}
