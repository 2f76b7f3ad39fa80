/** The states of an endpoint over a time as one strip, and in words which they were and how long each lasted. */

import { useRef } from "preact/hooks";

import { HOLD, spansOf, totals, type Span } from "../../chart/strip";
import { fingerprint } from "../../chart/drawing";
import type { Shown } from "../../chart/span";
import { ageShort } from "../../format";
import { say } from "../../wall";
import { Glyph } from "../Glyph";
import { Away } from "./Away";
import { useHistory } from "./useHistory";

/** Buckets asked for: short ones, so that the moment of a change is told well. Only those with a mark in them come. */
const POINTS = 2000;
/** Seconds of a bucket above which its worst state does not tell how long that lasted. */
const EXACT = 60;

export function StateStrip({ endpoint, shown }: { endpoint: string; shown: Shown }) {
  const box = useRef<HTMLElement>(null);
  const subject = { measurement: "state", field: "code", tags: { endpoint } };
  const { history, failure } = useHistory(subject, shown, POINTS, box, HOLD);
  const start = history ? history.start + HOLD : 0;
  const spans = history && spansOf(history, start, history.stop);
  return (
    <section class="strip" ref={box} data-drawn={spans && fingerprint(spans)}>
      <h4>{say.value("chart.states")}</h4>
      {spans && history && (
        <>
          <Bar spans={spans} start={start} stop={history.stop} />
          <Legend spans={spans} exact={history.step <= EXACT} />
        </>
      )}
      {failure && <Away failure={failure} history={history} />}
    </section>
  );
}

/** One path a state: a year of changes is still eight shapes. */
function Bar({ spans, start, stop }: { spans: Span[]; start: number; stop: number }) {
  const width = stop - start;
  const paths = new Map<string, string>();
  for (const { from, to, state } of spans) {
    const path = `M${from - start} 0H${to - start}V1H${from - start}Z`;
    const name = state ?? "none";
    paths.set(name, (paths.get(name) ?? "") + path);
  }
  return (
    <svg class="bar" viewBox={`0 0 ${width} 1`} preserveAspectRatio="none" aria-hidden="true">
      {[...paths].map(([name, path]) => (
        <path key={name} class={`p-${name}`} d={path} />
      ))}
    </svg>
  );
}

function Legend({ spans, exact }: { spans: Span[]; exact: boolean }) {
  const words = say.value;
  return (
    <ul class="lasted">
      {totals(spans).map(([state, seconds]) => (
        <li key={state} class={state ? `t-${state}` : "t-none"}>
          {state ? <Glyph state={state} /> : <i class="hatch" aria-hidden="true" />}
          {words(state ? `state.${state}` : "chart.none")}{" "}
          {exact && <b class="figure">{ageShort(seconds, words)}</b>}
        </li>
      ))}
    </ul>
  );
}
