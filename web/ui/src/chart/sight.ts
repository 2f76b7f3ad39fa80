/** Everything that is to be seen of a history, in numbers: equal answers are equal to the pixel. Pure. */

import { LIMITS } from "../derive";
import type { History } from "../history";
import { magnitudeOf, scaleOf, type Scale } from "./axis";
import { drawingOf, without, type Drawing, type Gap } from "./drawing";

export interface Sight {
  drawing: Drawing;
  scale: Scale;
  /** as many of the field's own unit are one on the axis */
  by: number;
  /** gaps where it was asked and nothing answered; those of the drawing are where nothing is known */
  silent: Gap[];
  /** whether the band from least to most says anything */
  banded: boolean;
  limit: number | null;
  /** a moment to point at */
  moment: number | null;
}

/** What is seen of a history; `unasked` are the gaps of its source's probes, where that is known. */
export function sightOf(history: History, moment: number | null, unasked: Gap[] | null): Sight {
  const banded = history.field !== "loss"; // a probe is lost or not: between 0 and 100 there is nothing to show
  const most = Math.max(0, ...(banded ? history.most : history.mean));
  const { by } = magnitudeOf(history.unit, most);
  const scale = scaleOf(Math.min(0, ...history.least) / by, most / by, history.unit);
  const whole = drawingOf(history);
  // two charts are asked a second apart: shorter than a step is that second
  const silent = without(unasked ? whole.gaps : [], unasked ?? []).filter(([from, to]) => to - from >= history.step);
  const drawing = scaled({ ...whole, gaps: without(whole.gaps, silent) }, by);
  return { drawing, scale, by, silent, banded, limit: limitOf(history.field), moment };
}

function scaled(drawing: Drawing, by: number): Drawing {
  if (by === 1) return drawing;
  const each = (column: (number | null)[]) => column.map((n) => (n === null ? null : n / by));
  return { ...drawing, mean: each(drawing.mean), least: each(drawing.least), most: each(drawing.most) };
}

function limitOf(field: string): number | null {
  return field === "rtt" || field === "loss" ? LIMITS[field] : null;
}
