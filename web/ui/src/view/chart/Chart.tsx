/** One field of one source over a time: its name, unit, limit, the value under the cursor, the drawing, the table. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { dayLabel, magnitudeOf, timeLabel, type Magnitude } from "../../chart/axis";
import { fingerprint, type Gap } from "../../chart/drawing";
import { sightOf, type Sight } from "../../chart/sight";
import { pointsOf, type Shown } from "../../chart/span";
import { ageShort, measured } from "../../format";
import type { History, Measure } from "../../history";
import { known } from "../../i18n";
import { civil, language, say } from "../../wall";
import { Away } from "./Away";
import { Plot, type Labels } from "./Plot";
import { Numbers } from "./Numbers";
import { useHistory } from "./useHistory";

interface ChartProps {
  endpoint: string;
  measure: Measure;
  /** the source's name is said where there are several */
  named: boolean;
  shown: Shown;
  moment: number | null;
  /** where its source asked nothing at all; what else is missing was not answered */
  unasked: Gap[] | null;
  asked?(gaps: Gap[]): void;
}

export function Chart({ endpoint, measure, named, shown, moment, unasked, asked }: ChartProps) {
  const box = useRef<HTMLElement>(null);
  const { source, field } = measure;
  const subject = { measurement: "endpoint", field, tags: { endpoint, ...(source && { source }) } };
  const { history, failure } = useHistory(subject, shown, pointsOf(shown), box);
  const sight = useMemo(() => history && sightOf(history, moment, unasked), [history, moment, unasked]);
  useEffect(() => {
    if (sight) asked?.(sight.drawing.gaps);
  }, [sight]);
  const title = titleOf(measure, named);
  return (
    <section class="chart" ref={box} data-field={field} data-source={source} data-drawn={sight && fingerprint(sight)}>
      {history && sight ? <Picture history={history} sight={sight} title={title} /> : <h4>{title}</h4>}
      {failure && <Away failure={failure} history={history} />}
    </section>
  );
}

function titleOf({ field, source }: Measure, named: boolean): string {
  const key = known(`field.${field}`, "reason.none");
  const name = key === "reason.none" ? field : say.value(key);
  return named ? `${name} · ${source}` : name;
}

interface PictureProps {
  history: History;
  sight: Sight;
  title: string;
}

function Picture({ history, sight, title }: PictureProps) {
  const [at, point] = useState<number | null>(null);
  const words = say.value;
  const { by, unit } = magnitudeOf(history.unit, Math.max(0, ...history.most));
  const number = (value: number) => measured(value, language.value);
  const labels = useMemo<Labels>(
    () => ({ number, none: words("chart.none"), silent: words("chart.silent") }),
    [language.value],
  );
  const last = Math.max(0, sight.drawing.places.length - 1);
  const reading = readingOf(history, sight, at, { by, unit: unitName(unit) });
  return (
    <>
      <div class="chart-head">
        <h4>
          {title} <span class="unit">{headOf(unitName(unit), sight.limit)}</span>
        </h4>
        <p class="reading figure">
          <b>{reading.value}</b> <span>{reading.time}</span>
        </p>
      </div>
      <div
        class="stand"
        role="slider"
        tabIndex={0}
        aria-label={title}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={Math.min(at ?? last, last)}
        aria-valuetext={`${reading.value}, ${reading.time}`}
        onKeyDown={(event) => step(event, at ?? last, last, point)}
      >
        <Plot sight={sight} labels={labels} at={at} point={point} />
      </div>
      <Missing sight={sight} />
      <Numbers history={history} drawing={sight.drawing} silent={sight.silent} title={title} unit={unitName(unit)} by={by} />
    </>
  );
}

/** The grounds by name: in the drawing there is not always room for it. */
function Missing({ sight: { drawing, silent } }: { sight: Sight }) {
  const words = say.value;
  const kinds = [{ gaps: silent, key: "chart.silent", ground: "hatch silent" }, { gaps: drawing.gaps, key: "chart.none", ground: "hatch" }] as const;
  const there = kinds.filter(({ gaps }) => gaps.length);
  if (!there.length) return null;
  return (
    <ul class="lasted">
      {there.map(({ gaps, key, ground }) => (
        <li key={key}>
          <i class={ground} aria-hidden="true" />
          {words(key)} <b class="figure">{ageShort(gaps.reduce((sum, [from, to]) => sum + to - from, 0), words)}</b>
        </li>
      ))}
    </ul>
  );
}

function headOf(unit: string, limit: number | null): string {
  return limit === null ? unit : `${unit} · ${say.value("chart.limit", { n: limit })}`;
}

/** The name of a unit of time in the language; every other is written as it is. */
export function unitName(unit: string): string {
  const key = known(`unit.${unit}`, "reason.none");
  return key === "reason.none" ? unit : say.value(key);
}

interface Reading {
  value: string;
  time: string;
}

/** When a bucket was: without the day when that is today. */
function timeOf(at: number, step: number): string {
  const whole = timeLabel(at, step);
  return step < 86400 && dayLabel(at) === dayLabel(civil.value) ? whole.split(" ")[0]! : whole;
}

/** What stands under the cursor, else the last value. */
function readingOf(history: History, { drawing, silent }: Sight, at: number | null, { by, unit }: Magnitude): Reading {
  const words = say.value;
  const put = (value: number) => `${measured(value / by, language.value)}${unit && ` ${unit}`}`;
  const place = at === null ? undefined : drawing.places[at];
  if (!place) {
    const last = history.at.length - 1;
    if (last < 0) return { value: words("chart.none"), time: "" };
    return { value: put(history.last[last]!), time: timeOf(history.at[last]!, history.step) };
  }
  const { x, bucket } = place;
  if (bucket === null) {
    const quiet = silent.some(([from, to]) => from <= x && x <= to);
    return { value: words(quiet ? "chart.silent" : "chart.none"), time: timeOf(x, history.step) };
  }
  return { value: put(history.mean[bucket]!), time: timeOf(history.at[bucket]!, history.step) };
}

const JUMP: Record<string, (at: number, last: number) => number> = {
  ArrowLeft: (at) => at - 1,
  ArrowRight: (at) => at + 1,
  PageUp: (at) => at - 10,
  PageDown: (at) => at + 10,
  Home: () => 0,
  End: (_, last) => last,
};

function step(event: KeyboardEvent, at: number, last: number, point: (place: number) => void): void {
  const jump = JUMP[event.key];
  if (!jump) return;
  event.preventDefault();
  point(Math.max(0, Math.min(last, jump(at, last))));
}
