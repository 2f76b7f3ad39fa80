/** The five poorest lines, by round trip and loss against their limits, with where they come from. */

import { useComputed } from "@preact/signals";
import { useRef } from "preact/hooks";

import { drawingOf } from "../chart/drawing";
import { traceOf } from "../chart/trace";
import { LIMITS, poorness } from "../derive";
import { measured } from "../format";
import { sparkline } from "../recent";
import type { Live } from "../picture";
import { combSystem, language, now, opened, recent, say, store } from "../wall";
import { useHistory } from "./chart/useHistory";

const SHOWN = 5;
/** Seconds between new rankings: a list that changes at every sample cannot be read. */
const PACE = 5;
const WIDTH = 100;
const HEIGHT = 24;
/** What a small line shows where there is history: an hour, a minute a step. */
const HOUR = { span: "1h" } as const;
const POINTS = 61;

export function Worst() {
  const pace = useComputed(() => Math.floor(now.value / PACE)).value;
  const lines = poorest(pace);
  const words = say.value;
  const poor = lines.some((line) => line.poor > 1);
  return (
    <section class="worst">
      <h2>{words("worst")}</h2>
      <p class="none">{lines.length ? words(poor ? "worst.target" : "worst.quiet", { ...LIMITS }) : words("worst.none")}</p>
      <ol>
        {lines.map((line) => (
          <Line key={line.id} line={line} />
        ))}
      </ol>
    </section>
  );
}

interface PoorLine {
  id: string;
  live: Live;
  loss: number | null;
  poor: number;
}

function poorest(_pace: number): PoorLine[] {
  void store.structure.value;
  const about = store.peek("about");
  const out: PoorLine[] = [];
  for (const [id, live] of store.peek("endpoint")) {
    if (about.get(id)?.system !== combSystem.value) continue;
    const loss = recent.loss(id);
    const poor = poorness(live, loss, LIMITS);
    if (poor !== null) out.push({ id, live, loss, poor });
  }
  return out.sort((a, b) => b.poor - a.poor).slice(0, SHOWN);
}

function Line({ line: { id, live, loss, poor } }: { line: PoorLine }) {
  const words = say.value;
  const name = store.one("about", id)?.name ?? id;
  const lossy = (loss ?? 0) / LIMITS.loss > (live.rtt ?? 0) / LIMITS.rtt;
  const figure = lossy
    ? words("worst.loss", { n: measured(loss ?? 0, language.value) })
    : words("worst.rtt", { n: measured(live.rtt ?? 0, language.value) });
  return (
    <li class={poor > 1 ? "poor" : ""}>
      <button type="button" onClick={() => (opened.value = `endpoint/${id}`)}>
        <span class="title">{bare(name)}</span>
        <Trend key={lossy ? "loss" : "rtt"} id={id} name={name} field={lossy ? "loss" : "rtt"} poor={poor > 1} />
        <span class="figure value">{figure}</span>
      </button>
    </li>
  );
}

/** A name without the word that all of them begin with: what tells them apart must fit. */
function bare(name: string): string {
  return name.replace(/^Điểm cầu (?=.)/, "");
}

interface TrendProps {
  id: string;
  name: string;
  field: "rtt" | "loss";
}

/** Of a poor line the last hour, to tell since when; of the others, which take turns in the list, what is here already. */
function Trend({ poor, ...props }: TrendProps & { poor: boolean }) {
  return poor ? <LastHour {...props} /> : <Newest {...props} />;
}

function LastHour(props: TrendProps) {
  const { id, name, field } = props;
  const box = useRef<HTMLSpanElement>(null);
  const subject = { measurement: "endpoint", field, tags: { endpoint: id } };
  const { history } = useHistory(subject, HOUR, POINTS, box);
  return (
    <span class="trend" ref={box} data-history={history !== null}>
      {history ? (
        <Small path={traceOf(drawingOf(history), WIDTH, HEIGHT, LIMITS[field])} label={say.value("worst.hour", { name })} />
      ) : (
        <SeenHere {...props} />
      )}
    </span>
  );
}

function Newest(props: TrendProps) {
  return (
    <span class="trend">
      <SeenHere {...props} />
    </span>
  );
}

/** What this screen has seen itself. */
function SeenHere({ id, name, field }: TrendProps) {
  const trail = recent.of(id)[field];
  const label = say.value("worst.trend", { name, n: trail.length });
  return <Small path={sparkline(trail, WIDTH, HEIGHT, LIMITS[field])} label={label} />;
}

function Small({ path, label }: { path: string; label: string }) {
  if (!path) return null;
  return (
    <svg viewBox={`0 -2 ${WIDTH} ${HEIGHT + 4}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <path d={path} />
    </svg>
  );
}
