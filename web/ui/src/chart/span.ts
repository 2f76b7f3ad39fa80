/** How much time a chart shows: so long until now, or around a moment. Pure. */

import type { Stretch } from "../history";

const HOUR = 3600;
const DAY = 86400;

export const SPANS = ["1h", "24h", "7d", "30d", "1y"] as const;
export type Span = (typeof SPANS)[number];

const SECONDS: Record<Span, number> = { "1h": HOUR, "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "1y": 365 * DAY };
/** Buckets asked for, one more than the steps in a span: about one for each four pixels of the console. */
const POINTS: Record<Span, number> = { "1h": 121, "24h": 145, "7d": 169, "30d": 241, "1y": 366 };
/** Seconds shown before a moment and after it. */
const AROUND = 1800;

/** What is shown: a span until now, or the surroundings of a civil moment. */
export type Shown = { span: Span } | { around: number };

/** From when to when, at a civil `now`. */
export function stretchOf(shown: Shown, now: number): Stretch {
  const stop = Math.floor(now);
  if ("span" in shown) return { start: stop - SECONDS[shown.span], stop };
  const around = Math.floor(shown.around);
  return { start: around - AROUND, stop: Math.max(around + 60, Math.min(stop, around + AROUND)) };
}

/** How many buckets to ask for. */
export function pointsOf(shown: Shown): number {
  return "span" in shown ? POINTS[shown.span] : 121;
}

/** Whether nothing can be added to it any more. */
export function isOver(shown: Shown, now: number): boolean {
  return "around" in shown && now > shown.around + AROUND + 60;
}
