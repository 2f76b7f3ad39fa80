/** The history of an endpoint: round trip and loss, its states below them, then whatever else is measured of it. */

import { useEffect, useRef, useState } from "preact/hooks";

import { Follower } from "../../chart/follower";
import { SPANS, type Shown } from "../../chart/span";
import type { Gap } from "../../chart/drawing";
import { readMeasures, type Measure } from "../../history";
import { steady } from "../../socket";
import { say } from "../../wall";
import "../../styles/chart.css";
import { arranged, MOST } from "../../chart/measures";
import { Away } from "./Away";
import { Chart } from "./Chart";
import { StateStrip } from "./StateStrip";
import { whileInSight, type Failure } from "./useHistory";

const AGAIN = 10;

/** `began`, a civil moment, is pointed at, and what is around it shown first. */
export function Charts({ endpoint, began }: { endpoint: string; began: number | null }) {
  const box = useRef<HTMLElement>(null);
  const [shown, show] = useState<Shown>(began === null ? { span: "1h" } : { around: began });
  const { found, failure } = useMeasures(endpoint, box);
  return (
    <section class="charts" ref={box}>
      <h3>{say.value("chart.title")}</h3>
      <Ranges shown={shown} show={show} began={began} />
      {failure && <Away failure={failure} history={null} />}
      {found && <All endpoint={endpoint} found={found} shown={shown} began={began} />}
    </section>
  );
}

function useMeasures(endpoint: string, box: { current: HTMLElement | null }) {
  const [found, setFound] = useState<Measure[] | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  useEffect(() => {
    const follower = new Follower(async (signal) => {
      const answer = await readMeasures(endpoint, signal);
      if (!answer) return AGAIN;
      setFailure(answer.ok ? null : answer);
      if (answer.ok) setFound(answer.value);
      return answer.ok && answer.value.length ? null : AGAIN;
    }, steady);
    return whileInSight(box.current, follower);
  }, [endpoint]);
  return { found, failure };
}

interface RangesProps {
  shown: Shown;
  show(shown: Shown): void;
  began: number | null;
}

function Ranges({ shown, show, began }: RangesProps) {
  const words = say.value;
  return (
    <div class="ranges" role="group" aria-label={words("chart.range")}>
      {began !== null && (
        <button type="button" aria-pressed={"around" in shown} onClick={() => show({ around: began })}>
          {words("chart.around")}
        </button>
      )}
      {SPANS.map((span) => (
        <button key={span} type="button" aria-pressed={"span" in shown && shown.span === span} onClick={() => show({ span })}>
          {words(`chart.${span}`)}
        </button>
      ))}
    </div>
  );
}

interface AllProps {
  endpoint: string;
  found: Measure[];
  shown: Shown;
  began: number | null;
}

function All({ endpoint, found, shown, began }: AllProps) {
  const { first, rest, more, sources } = arranged(found);
  const [unasked, setUnasked] = useState<Readonly<Record<string, Gap[]>>>({});
  const chart = (measure: Measure) => (
    <Chart
      key={`${measure.source}/${measure.field}`}
      endpoint={endpoint}
      measure={measure}
      named={sources > 1}
      shown={shown}
      moment={began}
      unasked={measure.field === "rtt" ? (unasked[measure.source] ?? null) : null}
      {...(measure.field === "loss" && {
        asked: (gaps: Gap[]) => setUnasked((was) => ({ ...was, [measure.source]: gaps })),
      })}
    />
  );
  return (
    <>
      {found.length === 0 && <p class="hint">{say.value("chart.nothing")}</p>}
      {first.map(chart)}
      <StateStrip endpoint={endpoint} shown={shown} />
      {rest.map(chart)}
      {more > 0 && <p class="more">{say.value("chart.more", { n: more, most: MOST })}</p>}
    </>
  );
}
