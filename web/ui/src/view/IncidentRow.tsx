/** One incident, as the far chair must read it: what, where, since when, whose, what next. */

import type { Incident } from "../picture";
import { age, moment, phone } from "../format";
import { known } from "../i18n";
import { arrivals, language, now, opened, say, store } from "../wall";
import { Check, Glyph } from "./Glyph";

export function IncidentRow({ incident }: { incident: Incident }) {
  const id = String(incident.id);
  const pulse = arrivals.value.has(id) && incident.severity === "critical" && !incident.acknowledged;
  const classes = ["incident", `sev-${incident.severity}`];
  if (incident.acknowledged) classes.push("acked");
  if (pulse) classes.push("pulse");
  const open = () => (opened.value = `incident/${id}`);
  return (
    <li class={classes.join(" ")} data-incident={id}>
      <button type="button" class="cover" onClick={open} aria-label={say.value("incident.open", { title: incident.title })} />
      <Glyph state={incident.cause?.state ?? "down"} checked={Boolean(incident.acknowledged)} />
      <div class="what">
        <h2>{incident.title}</h2>
        <p class="where">{where(incident)}</p>
        <p class="next">
          <i aria-hidden="true">→</i> {nextAction(incident)}
        </p>
      </div>
      <Whose incident={incident} />
      <Since incident={incident} />
    </li>
  );
}

function where(incident: Incident): string {
  const words = say.value;
  const place = [store.one("site", incident.site)?.name, incident.unit_name].filter(Boolean);
  const parts = [...new Set(place)];
  if (incident.members > 1) parts.push(words("incident.members", { n: incident.members }));
  const reason = words(known(`reason.${incident.cause?.reason}`, "reason.none"));
  if (reason) parts.push(reason);
  return parts.join(" · ");
}

function nextAction(incident: Incident): string {
  return incident.next_action || say.value("incident.no_action");
}

function Whose({ incident }: { incident: Incident }) {
  const words = say.value;
  return (
    <div class="whose">
      <p class="owner">{incident.owner || words("incident.no_owner")}</p>
      {incident.phone && <p class="phone figure">{phone(incident.phone)}</p>}
      <p class="hands">
        {incident.acknowledged ? (
          <span class="taken">
            <Check /> {words("incident.acknowledged", { by: incident.acknowledged.by })}
          </span>
        ) : (
          <span class="open">{words("incident.unacknowledged")}</span>
        )}
      </p>
    </div>
  );
}

function Since({ incident }: { incident: Incident }) {
  const words = say.value;
  const marks = [
    incident.unrecorded ? words("incident.unrecorded") : "",
    incident.silenced ? words("incident.silenced") : "",
  ].filter(Boolean);
  return (
    <div class="since">
      <p class="age figure">{age(now.value - incident.opened, words)}</p>
      <p class="at figure">
        {words("since", { time: moment(incident.opened, now.value, language.value) })}
      </p>
      {marks.map((mark) => (
        <p key={mark} class="mark">
          {mark}
        </p>
      ))}
    </div>
  );
}
