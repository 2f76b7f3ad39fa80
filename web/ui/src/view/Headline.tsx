/** The one sentence of the wall. When the link is gone it is the loudest thing in the room. */

import { WRONG, type State } from "../picture";
import { expected, total, type Level, type Verdict } from "../derive";
import { age, clockTime, whole } from "../format";
import { language, now, phase, phaseSince, pictured, say, store, theVerdict } from "../wall";
import { Glyph } from "./Glyph";
import { States } from "./States";

/** How long a screen may take to get its first picture before it says so. */
const PATIENCE = 6;

const SIGNS: Record<Level, State> = {
  empty: "off",
  blind: "unknown",
  stale: "unknown",
  critical: "down",
  warning: "degraded",
  watching: "unknown",
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
  return (
    <section class={`headline level-${verdict.level}`} aria-live="polite">
      <Glyph state={SIGNS[verdict.level]} />
      <h1 class="sentence">{sentence(verdict)}</h1>
      <Beside verdict={verdict} />
    </section>
  );
}

function sentence({ level, criticals, warnings }: Verdict): string {
  const words = say.value;
  if (level === "critical") return words("verdict.critical", { n: criticals });
  if (level === "warning") return words("verdict.warning", { n: warnings });
  return words(`verdict.${level}`);
}

function Beside({ verdict }: { verdict: Verdict }) {
  const words = say.value;
  const { level, counts, warnings } = verdict;
  if (level === "blind" || level === "stale" || level === "empty") {
    return <p class="beside">{words(`verdict.${level}_detail`)}</p>;
  }
  const figures = {
    up: whole(counts.up ?? 0, language.value),
    expected: whole(expected(counts), language.value),
  };
  return (
    <div class="beside">
      {total(counts, WRONG) > 0 && <States counts={counts} without={["up", "off", "maintenance"]} />}
      <p>
        {level === "critical" && warnings > 0 && `${words("verdict.and_warnings", { n: warnings })} · `}
        {words("verdict.counted", figures)}
        {verdict.fresh !== null && `, ${words("updated", { age: age(verdict.fresh, words) })}`}
      </p>
    </div>
  );
}
