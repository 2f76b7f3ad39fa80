/** Take an endpoint, a site or a unit out of alerting for a while, with a reason. */

import { useSignal } from "@preact/signals";

import { endMaintenance, maintain } from "../api";
import { moment } from "../format";
import type { Maintenance, ScopeKind } from "../picture";
import { serverNow } from "../ticker";
import { civil, now, say, store } from "../wall";
import { Field, Permission, Report, run, who, WhoField, type Progress } from "./form";

export interface Scope {
  kind: ScopeKind;
  id: string;
  name: string;
}

const HOURS = [1, 2, 4, 8, 24, 72];

export function MaintenanceForm({ scopes }: { scopes: Scope[] }) {
  const scope = useSignal(0);
  const hours = useSignal(2);
  const reason = useSignal("");
  const progress = useSignal<Progress>("idle");
  const words = say.value;
  const chosen = scopes[scope.value];
  if (!chosen) return null;
  const submit = (event: Event) => {
    event.preventDefault();
    const end = serverNow() + 3600 * hours.value;
    const { kind, id } = chosen;
    const window = { scope: { kind, id }, end, reason: reason.value.trim(), by: who.value.trim() };
    void run(progress, () => maintain(window));
  };
  return (
    <form class="act" onSubmit={submit}>
      <h3>{words("maintenance.title")}</h3>
      <Field label={words("maintenance.scope")} id="m-scope">
        <select id="m-scope" value={scope.value} onChange={(event) => (scope.value = Number(event.currentTarget.value))}>
          {scopes.map((each, i) => (
            <option key={each.kind} value={i}>
              {`${words(`maintenance.${each.kind}`)}: ${each.name}`}
            </option>
          ))}
        </select>
      </Field>
      <Field label={words("maintenance.reason")} id="m-reason">
        <input
          id="m-reason"
          required
          maxLength={500}
          value={reason.value}
          onInput={(event) => (reason.value = event.currentTarget.value)}
        />
      </Field>
      <Field label={words("maintenance.until")} id="m-hours">
        <select id="m-hours" value={hours.value} onChange={(event) => (hours.value = Number(event.currentTarget.value))}>
          {HOURS.map((n) => (
            <option key={n} value={n}>
              {words("maintenance.hours", { n })}
            </option>
          ))}
        </select>
      </Field>
      <WhoField id="m-by" />
      <Permission />
      <button class="do quiet" type="submit" disabled={progress.value === "busy"}>
        {words("maintenance.do")}
      </button>
      <Report progress={progress.value} done={words("maintenance.done")} />
    </form>
  );
}

/** What is in maintenance now, each with a way to end it. */
export function MaintenanceList() {
  const all = [...store.all("maintenance")];
  if (!all.length) return null;
  return (
    <section class="act">
      <h3>{say.value("maintenance.current")}</h3>
      <ul class="windows">
        {all.map(([id, each]) => (
          <Item key={id} id={id} each={each} />
        ))}
      </ul>
    </section>
  );
}

function Item({ id, each }: { id: string; each: Maintenance }) {
  const progress = useSignal<Progress>("idle");
  const words = say.value;
  const end = () => void run(progress, () => endMaintenance(id, who.value.trim()));
  const time = moment(each.end + civil.value - now.value, civil.value);
  return (
    <li>
      <b>{nameOf(each)}</b>
      <span>{words("maintenance.line", { reason: each.reason, by: each.by, time })}</span>
      <button class="do quiet" type="button" onClick={end} disabled={progress.value === "busy"}>
        {words("maintenance.end")}
      </button>
      <Report progress={progress.value} done="" />
    </li>
  );
}

function nameOf({ scope: { kind, id } }: Maintenance): string {
  const kinds = { endpoint: "about", site: "site", unit: "unit" } as const;
  return store.one(kinds[kind], id)?.name ?? id;
}
