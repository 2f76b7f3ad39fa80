/** The one sentence of the wall. When the link is gone it is the loudest thing in the room. */

import { WRONG, type Counts, type State } from "../picture";
import { expected, total, type Level, type Verdict } from "../derive";
import { age, clockTime, whole } from "../format";
import { language, now, phase, phaseSince, pictured, say, scene, store, systemBands, theVerdict } from "../wall";
import { Glyph } from "./Glyph";

/** How long a screen may take to get its first picture before it says so. */
const PATIENCE = 6;

const SIGNS: Record<Level, State> = {
  empty: "off",
  blind: "unknown",
  stale: "unknown",
  critical: "down",
  warning: "degraded",
  watching: "unknown",
  held: "maintenance",
  calm: "up",
};

export function Headline() {
  if (phase.value === "live" && store.filled.value) return <Sentence verdict={theVerdict.value} />;
  const gone = now.value - phaseSince.value;
  if (phase.value === "cut") return <Cut gone={gone} />;
  return <Waiting late={gone > PATIENCE} gone={gone} />;
}

function Cut({ gone }: { gone: number }) {
  return (
    <section class="headline cut" role="alert">
      <p class="sentence">
        {say.value("cut.title")} <span class="figure">{age(gone, say.value)}</span>
      </p>
      <p class="detail">{say.value("cut.picture", { time: clockTime(pictured.value) })}</p>
    </section>
  );
}

function Waiting({ late, gone }: { late: boolean; gone: number }) {
  if (!late) return <section class="headline waiting" aria-busy="true" />;
  return (
    <section class="headline cut" role="alert">
      <p class="sentence">
        {say.value("cut.never")} <span class="figure">{age(gone, say.value)}</span>
      </p>
      <p class="detail">{say.value("cut.nothing")}</p>
    </section>
  );
}

function Sentence({ verdict }: { verdict: Verdict }) {
  const beside = detail(verdict);
  return (
    <section class={`headline level-${verdict.level}`} aria-live="polite">
      <Glyph state={SIGNS[verdict.level]} />
      <div>
        <h1 class="sentence">{sentence(verdict)}</h1>
        {beside && <p class="detail">{beside}</p>}
      </div>
      {total(verdict.counts, WRONG) > 0 && <Figures counts={verdict.counts} />}
    </section>
  );
}

function sentence({ level, criticals, warnings, held }: Verdict): string {
  const words = say.value;
  if (level === "critical") return words("verdict.critical", { n: criticals });
  if (level === "warning") return words("verdict.warning", { n: warnings });
  if (level === "held") return words("verdict.held", { n: held });
  return words(`verdict.${level}`);
}

function detail({ level, warnings, counts, fresh }: Verdict): string {
  const words = say.value;
  if (level === "blind" || level === "empty") return words(`verdict.${level}_detail`);
  if (level === "stale") return words("verdict.stale_detail", { names: staleNames() });
  // the calm overview says the rest in its great figure
  if (level === "calm" && scene.value === "overview") return "";
  const parts: string[] = [];
  if (level === "critical" && warnings) parts.push(words("verdict.and_warnings", { n: warnings }));
  if (level === "watching" || level === "held" || level === "calm") parts.push(counted(counts));
  if (fresh !== null) parts.push(words("updated", { age: age(fresh, words) }));
  return parts.join(", ");
}

function staleNames(): string {
  const stale = systemBands.value.filter((band) => band.stale !== null);
  return stale.map((band) => band.system.name).join(", ");
}

function counted(counts: Counts): string {
  const figures = {
    up: whole(counts.up ?? 0, language.value),
    expected: whole(expected(counts), language.value),
  };
  return say.value(systemBands.value.length > 1 ? "verdict.counted_mixed" : "verdict.counted", figures);
}

/** How much is wrong, in figures for the far chair. */
function Figures({ counts }: { counts: Counts }) {
  return (
    <ul class="figures">
      {WRONG.filter((state) => counts[state]).map((state) => (
        <li key={state} class={`t-${state}`}>
          <p class="figure">
            <Glyph state={state} />
            {whole(counts[state] ?? 0, language.value)}
          </p>
          <p>{say.value(`state.${state}`)}</p>
        </li>
      ))}
    </ul>
  );
}
