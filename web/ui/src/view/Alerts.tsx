/** Cảnh báo: every open incident a row, by its cause: whose it is, who has it, who is told next and when. */

import { useSignal } from "@preact/signals";

import { comingOf, quietOf, stepOf, toldOf } from "../coming";
import { age, moment, phone } from "../format";
import { known } from "../i18n";
import type { Incident } from "../picture";
import { civil, now, opened, openIncidents, say, store, theTroubles } from "../wall";
import { Check, Glyph } from "./Glyph";
import { OnCallLine } from "./OnCallLine";
import { Calm } from "./Overview";

/** Rows that the wall has room for. */
const SHOWN = 7;
/** So many rows have the room for a line more: what to do, and who was told. */
const FEW = 4;
/** Rows drawn when somebody asks for all. */
const MOST = 200;

export function Alerts() {
  const whole = useSignal(false);
  const incidents = openIncidents.value;
  const room = whole.value ? MOST : SHOWN - Math.min(2, theTroubles.value.length);
  const more = incidents.length - room;
  const words = say.value;
  return (
    <main class={`alerts${whole.value ? " whole" : ""}`} id="scene">
      {incidents.length ? (
        <section class="cases" aria-label={words("scene.alerts")}>
          <ol>
            {incidents.slice(0, room).map((each) => (
              <Case key={each.id} incident={each} whole={incidents.length <= FEW} />
            ))}
          </ol>
          {more > 0 && (
            <button class="more" type="button" onClick={() => (whole.value = true)} disabled={whole.value}>
              {words("incident.more", { n: more })}
            </button>
          )}
        </section>
      ) : (
        <Calm />
      )}
      <OnCallLine />
    </main>
  );
}

function Case({ incident, whole }: { incident: Incident; whole: boolean }) {
  const words = say.value;
  const began = incident.began ?? incident.opened;
  const classes = ["case", `sev-${incident.severity}`];
  if (incident.acknowledged || incident.silenced) classes.push("acked");
  return (
    <li class={classes.join(" ")} data-incident={incident.id}>
      <button
        type="button"
        class="cover"
        onClick={() => (opened.value = `incident/${incident.id}`)}
        aria-label={words("incident.open", { title: incident.title })}
      />
      <Glyph state={incident.cause?.state ?? "down"} checked={Boolean(incident.acknowledged)} />
      <div>
        <h2>{incident.title}</h2>
        <p>{why(incident)}</p>
      </div>
      <div class="hand">
        <Taken incident={incident} />
        <p class="coming">{whole ? comingOf(incident, now.value, words) : coming(incident)}</p>
      </div>
      <div class="whose">
        <p>{incident.owner || words("incident.no_owner")}</p>
        <p class="figure">{phone(incident.phone)}</p>
      </div>
      <div class="since">
        <b class="figure">{age(now.value - began, words)}</b>
        <p>{words("since", { time: moment(began + civil.value - now.value, civil.value) })}</p>
      </div>
      {whole && <Action incident={incident} />}
    </li>
  );
}

function Action({ incident }: { incident: Incident }) {
  const told = toldOf(incident);
  return (
    <div class="action">
      <p>
        <i aria-hidden="true">→</i> {incident.next_action || say.value("incident.no_action")}
      </p>
      {told.length > 0 && <p class="told">{say.value("incident.told_to", { who: told.join(", ") })}</p>}
    </div>
  );
}

/** What comes next; where only a person can do anything about it, what that is. */
function coming(incident: Incident): string {
  const waits = incident.next === "awaits_acknowledgement" && incident.next_at == null && !incident.silenced;
  return (waits && incident.next_action) || comingOf(incident, now.value, say.value);
}

/** The cause, how far it reaches, and where. */
function why(incident: Incident): string {
  const words = say.value;
  const reason = words(known(`reason.${incident.cause?.reason}`, "reason.none"));
  const parts = [reason, incident.members > 1 ? words("incident.members", { n: incident.members }) : "", incident.unit_name];
  if (incident.flapping) parts.unshift(words("incident.flapping"));
  return parts.filter(Boolean).join(" · ");
}

function Taken({ incident }: { incident: Incident }) {
  const words = say.value;
  const quiet = quietOf(incident, store.one("silence", incident.silenced_by ?? ""), now.value, civil.value, words);
  if (quiet) return <p class="mark">{quiet}</p>;
  if (incident.acknowledged) {
    return (
      <p class="taken">
        <Check /> {words("incident.acknowledged", { by: incident.acknowledged.by })}
      </p>
    );
  }
  const given = incident.assigned ? words("incident.given_to", { to: incident.assigned }) : "";
  const parts = [words("incident.unacknowledged"), given, stepOf(incident, words)];
  return <p class="open">{parts.filter(Boolean).join(" · ")}</p>;
}
