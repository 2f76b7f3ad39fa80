/** One system: its worst state, how many of those expected are up, what the others are, how old that is. */

import { STATES, WRONG, type Counts } from "../picture";
import { expected, face, total, type Band } from "../derive";
import { age, whole } from "../format";
import { language, now, say } from "../wall";
import { Glyph } from "./Glyph";
import { States } from "./States";

export function BandTile({ band }: { band: Band }) {
  const { system, stale } = band;
  const state = stale === null ? face(system.counts) : "unknown";
  return (
    <li class={`band w-${state}${stale === null ? "" : " stale"}`} data-system={band.id}>
      <Glyph state={state} />
      <h2>{system.name}</h2>
      <p class="share figure">
        <b>{whole(system.counts.up ?? 0, language.value)}</b>
        <span>{say.value("system.of", { n: whole(expected(system.counts), language.value) })}</span>
      </p>
      <Parts counts={system.counts} />
      <div class="below">
        <States counts={system.counts} without={total(system.counts, WRONG) ? ["up"] : []} />
        <p class="fresh">
          {say.value("system.target")} · <span>{freshness(band)}</span>
        </p>
      </div>
    </li>
  );
}

function freshness({ system, stale }: Band): string {
  const words = say.value;
  if (stale === Infinity || !system.at) return words("stale.never");
  if (stale !== null) return words("stale", { age: age(stale, words) });
  return words("ago", { age: age(now.value - system.at, words) });
}

/** The counts as one bar, worst at the left. */
function Parts({ counts }: { counts: Counts }) {
  const all = total(counts) || 1;
  let x = 0;
  return (
    <svg class="parts" viewBox="0 0 100 2" preserveAspectRatio="none" aria-hidden="true">
      {STATES.filter((state) => counts[state]).map((state) => {
        const width = Math.max(0.6, (100 * (counts[state] ?? 0)) / all);
        const part = <rect key={state} class={`p-${state}`} x={x} width={Math.max(0, width - 0.25)} height="2" />;
        x += width;
        return part;
      })}
    </svg>
  );
}
