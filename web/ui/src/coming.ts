/** What comes next of an incident, in words. Pure: `now` is the server's time in seconds. */

import { age, moment } from "./format";
import { known, type Words } from "./i18n";
import type { Incident, OnCall, Silence } from "./picture";

/** What comes next: by itself at a time, counted down, or by a person. */
export function comingOf(incident: Incident, now: number, words: Words): string {
  const at = incident.next_at;
  if (incident.silenced && incident.status === "open") return words("next.silenced");
  if (at == null) return words(known(`next.${incident.next}`, "reason.none"));
  const left = at - now;
  const who = shortened(incident.next_to ?? [], words);
  const what = words(known(`due.${incident.next_because}`, "due.step_due"), { who });
  return left > 0 ? words("due.in", { what, age: age(left, words) }) : words("due.now", { what });
}

/** The step of the chain that was told last; empty without a chain. */
export function stepOf(incident: Incident, words: Words): string {
  const step = incident.step;
  if (!step || incident.acknowledged || incident.silenced) return "";
  const key = step.round > 1 ? "step.round" : "step";
  return words(key, { told: step.told, of: step.of, round: step.round });
}

/** By whose word nobody is told of an incident, and until when; empty when people are told. `civil` is now. */
export function quietOf(incident: Incident, silence: Silence | undefined, now: number, civil: number, words: Words): string {
  if (!incident.silenced) return "";
  if (!silence) return words("incident.silenced");
  return words("incident.quiet_until", { by: silence.by, time: moment(silence.end + civil - now, civil) });
}

/** The people who were told of an incident, by name. */
export function toldOf(incident: Incident): string[] {
  const people = Object.entries(incident.told).filter(([key, each]) => key.startsWith("person:") && each.state === "told");
  return people.map(([key, each]) => each.name || key);
}

/** Those who are on call, a schedule a line, by its name. */
export function onCallOf(schedules: ReadonlyMap<string, OnCall>): [string, OnCall][] {
  return [...schedules].sort(([, a], [, b]) => a.name.localeCompare(b.name, "vi"));
}

function shortened(names: readonly string[], words: Words): string {
  const [first, ...others] = names;
  if (first === undefined) return words("due.nobody");
  return others.length ? words("due.and_others", { first, n: others.length }) : first;
}
