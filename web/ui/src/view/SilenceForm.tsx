/** Tell nobody of an incident's cause, or of its unit, for a while; what burns stays on screen. */

import { useSignal } from "@preact/signals";

import { endSilence, silence } from "../api";
import { moment } from "../format";
import type { Incident, Matcher, Silence } from "../picture";
import { civil, now, say, store } from "../wall";
import { Field, Permission, Report, run, who, WhoField, type Progress } from "./form";

const HOURS = [1, 2, 4, 8, 24, 72];

export function SilenceForm({ incident }: { incident: Incident }) {
  const chosen = useSignal(0);
  const hours = useSignal(2);
  const reason = useSignal("");
  const progress = useSignal<Progress>("idle");
  const words = say.value;
  const of = choices(incident);
  const submit = (event: Event) => {
    event.preventDefault();
    const one = of[chosen.value];
    if (!one) return;
    void run(progress, () => silence([one.matcher], hours.value, reason.value.trim(), who.value.trim()));
  };
  return (
    <form class="act silence" onSubmit={submit}>
      <h3>{words("silence.title")}</h3>
      <Field label={words("maintenance.scope")} id="s-scope">
        <select id="s-scope" value={chosen.value} onChange={(event) => (chosen.value = Number(event.currentTarget.value))}>
          {of.map((each, i) => (
            <option key={each.name} value={i}>
              {each.name}
            </option>
          ))}
        </select>
      </Field>
      <Field label={words("maintenance.reason")} id="s-reason">
        <input
          id="s-reason"
          required
          maxLength={500}
          value={reason.value}
          onInput={(event) => (reason.value = event.currentTarget.value)}
        />
      </Field>
      <Field label={words("maintenance.until")} id="s-hours">
        <select id="s-hours" value={hours.value} onChange={(event) => (hours.value = Number(event.currentTarget.value))}>
          {HOURS.map((n) => (
            <option key={n} value={n}>
              {words("maintenance.hours", { n })}
            </option>
          ))}
        </select>
      </Field>
      <WhoField id="s-by" />
      <Permission />
      <button class="do quiet" type="submit" disabled={progress.value === "busy"}>
        {words("silence.do")}
      </button>
      <Report progress={progress.value} done={words("silence.done")} />
    </form>
  );
}

/** What a silence from here may be about. */
function choices(incident: Incident): { name: string; matcher: Matcher }[] {
  const words = say.value;
  const cause = store.one("about", incident.root)?.name ?? incident.root;
  const out = [{ name: words("silence.subject", { name: cause }), matcher: equals("subject", incident.root) }];
  if (incident.unit) {
    const name = words("silence.unit", { name: incident.unit_name || incident.unit });
    out.push({ name, matcher: equals("unit", incident.unit) });
  }
  return out;
}

function equals(name: string, value: string): Matcher {
  return { name, value, isRegex: false, isEqual: true };
}

/** The silences that hold now or will, each with a way to end it. */
export function SilenceList() {
  const all = [...store.all("silence")].filter(([, each]) => each.state !== "expired");
  if (!all.length) return null;
  return (
    <section class="act">
      <h3>{say.value("silence.current")}</h3>
      <ul class="windows">
        {all.map(([id, each]) => (
          <Item key={id} id={id} each={each} />
        ))}
      </ul>
    </section>
  );
}

function Item({ id, each }: { id: string; each: Silence }) {
  const progress = useSignal<Progress>("idle");
  const words = say.value;
  const time = moment(each.end + civil.value - now.value, civil.value);
  return (
    <li>
      <b>{each.matchers.map(said).join(", ")}</b>
      <span>{words("maintenance.line", { reason: each.reason, by: each.by, time })}</span>
      <button
        class="do quiet"
        type="button"
        onClick={() => void run(progress, () => endSilence(id, who.value.trim()))}
        disabled={progress.value === "busy"}
      >
        {words("maintenance.end")}
      </button>
      <Report progress={progress.value} done="" />
    </li>
  );
}

function said({ name, value, isRegex = false, isEqual = true }: Matcher): string {
  return `${name}${isEqual ? (isRegex ? "=~" : "=") : isRegex ? "!~" : "!="}${value}`;
}
