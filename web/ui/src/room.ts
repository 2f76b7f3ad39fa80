/** The room: how far the farthest chair is, whether it is night, and that nothing burns in. Pure. */

import { hourOfDay } from "./format";
import type { Viewing } from "./link";

/** A letter is read from at most 200 times its height (AVIXA DISCAS; about 17 arc minutes, ISO 9241-303). */
const READABLE = 200;
/** Height of a capital in Be Vietnam Pro and Inter, in ems. */
const CAPITAL = 0.73;
/** Percent of the screen's height: below it the wall only looks empty, above it three incidents no longer fit. */
const LEAST = 2.2;
const MOST = 3.1;

export interface Type {
  /** size of the smallest text that matters, in percent of the screen's height */
  unit: number;
  /** the screen is too small for its distance: the unit was held at its bound */
  tooSmall: boolean;
}

/** The smallest size of type, from where people sit. */
export function typeFor(viewing: Viewing | null): Type {
  if (!viewing || viewing.distance_m <= 0 || viewing.screen_height_m <= 0) return { unit: 2.6, tooSmall: false };
  const needed = (100 * viewing.distance_m) / READABLE / viewing.screen_height_m / CAPITAL;
  return { unit: Math.min(MOST, Math.max(LEAST, needed)), tooSmall: needed > MOST };
}

/** Whether the room is dark and few are in it: from 22:00 to 5:30. */
export function isNight(at: number): boolean {
  const hour = hourOfDay(at);
  return hour >= 22 || hour < 5.5;
}

/** Where the picture stands in this minute, in pixels off its place: a slow walk around eight points. */
export function drift(at: number): { x: number; y: number } {
  const angle = (Math.floor(at / 60) % 8) * (Math.PI / 4);
  return { x: Math.round(3 * Math.cos(angle)), y: Math.round(3 * Math.sin(angle)) };
}
