/** The five poorest lines, by round trip and loss against their limits, with where they come from. */

import { useComputed } from "@preact/signals";

import { LIMITS, poorness } from "../derive";
import { measured } from "../format";
import { sparkline } from "../recent";
import type { Live } from "../picture";
import { combSystem, language, now, recent, say, store } from "../wall";

const SHOWN = 5;
/** Seconds between new rankings: a list that changes at every sample cannot be read. */
const PACE = 5;
const WIDTH = 100;
const HEIGHT = 24;

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
  const trail = recent.of(id)[lossy ? "loss" : "rtt"];
  const figure = lossy
    ? words("worst.loss", { n: measured(loss ?? 0, language.value) })
    : words("worst.rtt", { n: measured(live.rtt ?? 0, language.value) });
  return (
    <li class={poor > 1 ? "poor" : ""}>
      <span class="title">{name}</span>
      {trail.length > 1 ? <Trend name={name} trail={trail} ceiling={lossy ? LIMITS.loss : LIMITS.rtt} /> : <i />}
      <span class="figure value">{figure}</span>
    </li>
  );
}

function Trend({ name, trail, ceiling }: { name: string; trail: number[]; ceiling: number }) {
  const label = say.value("worst.trend", { name, n: trail.length });
  return (
    <svg
      class="trend"
      viewBox={`0 -2 ${WIDTH} ${HEIGHT + 4}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path d={sparkline(trail, WIDTH, HEIGHT, ceiling)} />
    </svg>
  );
}
