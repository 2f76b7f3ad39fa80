/** One incident, as the far chair must read it: what, where, since when, whose, what next. */

import { comingOf, quietOf } from "../coming";
import type { Incident } from "../picture";
import { age, moment, phone } from "../format";
import { known } from "../i18n";
import { arrivals, civil, now, opened, say, store } from "../wall";
import { Check, Glyph } from "./Glyph";

export function IncidentRow({ incident }: { incident: Incident }) {
  const id = String(incident.id);
  const pulse = arrivals.value.has(id) && incident.severity === "critical" && !incident.acknowledged && !incident.silenced;
  const classes = ["incident", `sev-${incident.severity}`];
  if (incident.acknowledged || incident.silenced) classes.push("acked");
  if (pulse) classes.push("pulse");
  const open = () => (opened.value = `incident/${id}`);
  return (
    <li class={classes.join(" ")} data-incident={id}>
      <button type="button" class="cover" onClick={open} aria-label={say.value("incident.open", { title: incident.title })} />
      <Glyph state={incident.cause?.state ?? "down"} checked={Boolean(incident.acknowledged)} />
      <div class="pair">
        <h2>{incident.title}</h2>
        <b class="since figure">{age(now.value - (incident.began ?? incident.opened), say.value)}</b>
      </div>
      <div class="pair">
        <p class="where">{where(incident)}</p>
        <Whose incident={incident} />
      </div>
      <div class="pair">
        <p class="next">
          <i aria-hidden="true">→</i> {nextAction(incident)}
        </p>
        <Hands incident={incident} />
      </div>
    </li>
  );
}

function where(incident: Incident): string {
  const words = say.value;
  const { site_name: site, unit_name: unit } = incident;
  // a site is mostly named after its unit; saying both would only be longer
  const parts = [site, site?.includes(unit) ? "" : unit].filter(Boolean);
  if (incident.members > 1) parts.push(words("incident.members", { n: incident.members }));
  const reason = words(known(`reason.${incident.cause?.reason}`, "reason.none"));
  if (reason) parts.push(reason);
  const began = (incident.began ?? incident.opened) + civil.value - now.value;
  parts.push(words("since", { time: moment(began, civil.value) }));
  return parts.join(" · ");
}

function nextAction(incident: Incident): string {
  return incident.next_action || say.value("incident.no_action");
}

function Whose({ incident }: { incident: Incident }) {
  return (
    <p class="whose">
      {incident.owner || say.value("incident.no_owner")}
      {incident.phone && <b class="figure">{phone(incident.phone)}</b>}
    </p>
  );
}

function Hands({ incident }: { incident: Incident }) {
  const words = say.value;
  const marks = [
    incident.unrecorded ? words("incident.unrecorded") : "",
    incident.flapping ? words("incident.flapping") : "",
  ].filter(Boolean);
  return (
    <p class="hands">
      {marks.length > 0 && <span class="mark">{marks.join(" · ")} · </span>}
      <Taken incident={incident} />
    </p>
  );
}

/** Who has it; while nobody has, who is told next and when. */
function Taken({ incident }: { incident: Incident }) {
  const words = say.value;
  const quiet = quietOf(incident, store.one("silence", incident.silenced_by ?? ""), now.value, civil.value, words);
  if (quiet) return <span class="mark">{quiet}</span>;
  if (incident.acknowledged) {
    return (
      <span class="taken">
        <Check /> {words("incident.acknowledged", { by: incident.acknowledged.by })}
      </span>
    );
  }
  const comes = incident.next_at != null ? comingOf(incident, now.value, words) : words("incident.unacknowledged");
  return <span class="open">{comes}</span>;
}
