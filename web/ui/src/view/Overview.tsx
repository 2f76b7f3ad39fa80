/** Toàn cảnh: what is wrong, whose it is and what comes next; below it every system, the worst first. */

import { expected } from "../derive";
import { age, whole } from "../format";
import { combSystem, language, openIncidents, say, store, systemBands, theTroubles, theVerdict } from "../wall";
import { BandTile } from "./BandTile";
import { IncidentRow } from "./IncidentRow";
import { OnCallLine } from "./OnCallLine";

const SHOWN = 3;
const BANDS = 6;
/** Systems that stand in one line; with more of them a second line takes the room of an incident. */
const ONE_LINE = 2;

function shown(): number {
  return systemBands.value.length > ONE_LINE ? SHOWN - 1 : SHOWN;
}

export function Overview() {
  const incidents = openIncidents.value;
  const more = incidents.length - shown();
  return (
    <main class="overview" id="scene">
      {incidents.length ? <Incidents /> : <Calm />}
      <OnCallLine more={more > 0 ? say.value("incident.more", { n: more }) : ""} />
      <Systems />
    </main>
  );
}

function Incidents() {
  const incidents = openIncidents.value;
  const few = incidents.length >= shown() ? SHOWN : incidents.length;
  return (
    <section class={`incidents few-${few}`} aria-label={say.value("incidents")}>
      <ol>
        {incidents.slice(0, shown()).map((each) => (
          <IncidentRow key={each.id} incident={each} />
        ))}
      </ol>
    </section>
  );
}

/** The best screen there is. */
export function Calm() {
  const { level, fresh, counts: all } = theVerdict.value;
  const counts = store.one("system", combSystem.value)?.counts ?? all;
  if (level !== "calm") return <section class="calm" />;
  const words = say.value;
  return (
    <section class="calm">
      <p class="great figure">
        {whole(counts.up ?? 0, language.value)}
        <span>/{whole(expected(counts), language.value)}</span>
      </p>
      <p class="under">
        {words("calm.under")}
        {fresh !== null && `, ${words("updated", { age: age(fresh, words) })}`}
      </p>
      <p class="aside">
        {counts.off ? <span>{words("off.scheduled", { n: counts.off })}</span> : null}
        {counts.maintenance ? <span>{words("in.maintenance", { n: counts.maintenance })}</span> : null}
      </p>
    </section>
  );
}

function Systems() {
  const room = theTroubles.value.length > 1 ? 3 : BANDS;
  const all = systemBands.value;
  return (
    <section class="systems" aria-label={say.value("systems")}>
      <ul>
        {all.slice(0, room).map((band) => (
          <BandTile key={band.id} band={band} />
        ))}
      </ul>
      {all.length > room && <p class="more">{say.value("system.others", { n: all.length - room })}</p>}
    </section>
  );
}
