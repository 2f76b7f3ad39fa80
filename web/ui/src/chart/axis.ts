/** Axes: round numbers, round times of day in Viet Nam, and units that suit the size of the numbers. Pure. */

import { clockTime } from "../format";

const DAY = 86400;
/** Viet Nam is seven hours ahead of UTC, all year. */
const AHEAD = 7 * 3600;
const STEPS = [60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, DAY, 2 * DAY, 5 * DAY, 7 * DAY, 14 * DAY];
const MONTHS = [1, 2, 3, 6, 12];
const MONTH = 30.44 * DAY;

export interface Scale {
  min: number;
  max: number;
  ticks: number[];
}

/** An axis of numbers with three to six ticks, from zero on or below; percents end at round ones, 100 at most. */
export function scaleOf(least: number, most: number, unit: string): Scale {
  if (unit === "%" && least >= 0 && most <= 100) {
    const max = [5, 10, 20, 50, 100].find((each) => each >= most)!;
    return { min: 0, max, ticks: [0, max / 2, max] };
  }
  const bottom = Math.min(0, least);
  const step = roundUp((Math.max(most, 0) - bottom) / 4 || 0.25);
  const min = Math.floor(bottom / step) * step;
  const ticks = [min];
  while (ticks.at(-1)! < most || ticks.length < 2) ticks.push(tidy(min + ticks.length * step));
  return { min, max: ticks.at(-1)!, ticks };
}

function roundUp(n: number): number {
  const power = 10 ** Math.floor(Math.log10(n));
  return tidy(([1, 2, 2.5, 5, 10].find((each) => each * power >= n * (1 - 1e-9)) ?? 10) * power);
}

/** Without the last digits that adding binary fractions leaves. */
function tidy(n: number): number {
  return Number(n.toPrecision(12));
}

/** A number's unit as it is read: so many of the field's own unit, and its name. */
export interface Magnitude {
  by: number;
  unit: string;
}

const PREFIXES: readonly [number, string][] = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];
const TIMES: readonly [number, string][] = [[DAY, "d"], [3600, "h"], [60, "min"]];

/** The unit for numbers up to `most`: bits and bytes by powers of a thousand, long times in days or hours. */
export function magnitudeOf(unit: string, most: number): Magnitude {
  if (/^(bit|byte|B)/.test(unit)) {
    const found = PREFIXES.find(([by]) => most >= by);
    const short = unit.replace(/^bytes?/, "B");
    return found ? { by: found[0], unit: `${found[1]}${short}` } : { by: 1, unit: short };
  }
  const longer = unit === "s" ? TIMES.find(([by]) => most >= 2 * by) : undefined;
  return longer ? { by: longer[0], unit: longer[1] } : { by: 1, unit };
}

export interface TimeTick {
  at: number;
  label: string;
}

/** Round times of a stretch, at most so many. */
export function timeTicks(start: number, stop: number, most: number): TimeTick[] {
  const wanted = (stop - start) / Math.max(1, most);
  const step = STEPS.find((each) => each >= wanted);
  return step ? steps(start, stop, step) : months(start, stop, wanted / MONTH);
}

function steps(start: number, stop: number, step: number): TimeTick[] {
  const out: TimeTick[] = [];
  for (let at = Math.ceil((start + AHEAD) / step) * step - AHEAD; at <= stop; at += step) {
    const midnight = (at + AHEAD) % DAY === 0;
    out.push({ at, label: midnight ? dayLabel(at) : clockTime(at).slice(0, 5) });
  }
  return out;
}

function months(start: number, stop: number, wanted: number): TimeTick[] {
  const every = MONTHS.find((each) => each >= wanted) ?? 12;
  const first = local(start);
  const out: TimeTick[] = [];
  for (let month = Math.ceil((first.getUTCMonth() + 0.01) / every) * every; ; month += every) {
    const at = Date.UTC(first.getUTCFullYear(), month, 1) / 1000 - AHEAD;
    if (at > stop) return out;
    const { year, month: named } = parts(at);
    if (at >= start) out.push({ at, label: `${named}/${year}` });
  }
}

/** Day and month in Viet Nam. */
export function dayLabel(at: number): string {
  const { day, month } = parts(at);
  return `${day}/${month}`;
}

/** Day, month, hour and minute in Viet Nam; a whole day without the hour. */
export function timeLabel(at: number, step: number): string {
  return step % DAY === 0 ? `${dayLabel(at)}/${parts(at).year}` : `${clockTime(at).slice(0, step < 60 ? 8 : 5)} ${dayLabel(at)}`;
}

function parts(at: number): { year: string; month: string; day: string } {
  const [year = "", month = "", day = ""] = local(at).toISOString().slice(0, 10).split("-");
  return { year, month, day };
}

/** A date whose UTC parts are the local ones. */
function local(at: number): Date {
  return new Date((at + AHEAD) * 1000);
}
