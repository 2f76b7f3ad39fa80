/** The delivery ledger: who was told what, by which way, and what was answered; newest first. */

import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { findDeliveries, ledgerFile, type Delivery } from "../api";
import { language, opened, say, store } from "../wall";
import { explain, Field } from "./form";

const STATES = ["owed", "told", "failed", "withdrawn"] as const;

export function Ledger({ incident }: { incident: string }) {
  const of = useSignal(incident);
  const state = useSignal("");
  return (
    <>
      <h2 id="console-title">{say.value("ledger.title")}</h2>
      <Filter of={of} state={state} />
      <Found incident={of.value.trim()} state={state.value} />
    </>
  );
}

function Filter({ of, state }: { of: Signal<string>; state: Signal<string> }) {
  const words = say.value;
  return (
    <section class="act">
      <Field label={words("ledger.incident")} id="d-incident">
        <input
          id="d-incident"
          inputMode="numeric"
          pattern="[0-9]*"
          maxLength={15}
          placeholder={words("ledger.every")}
          value={of.value}
          onInput={(event) => (of.value = event.currentTarget.value.replace(/\D/g, ""))}
        />
      </Field>
      <Field label={words("ledger.state")} id="d-state">
        <select id="d-state" value={state.value} onChange={(event) => (state.value = event.currentTarget.value)}>
          <option value="">{words("ledger.every")}</option>
          {STATES.map((each) => (
            <option key={each} value={each}>
              {words(`ledger.${each}`)}
            </option>
          ))}
        </select>
      </Field>
      <a class="do quiet" href={ledgerFile(of.value, state.value)} download>
        {words("ledger.file")}
      </a>
    </section>
  );
}

function Found({ incident, state }: { incident: string; state: string }) {
  const rows = useSignal<Delivery[] | null>(null);
  const next = useSignal<number | null>(null);
  const fault = useSignal("");
  const [words, speaks] = [say.value, language.value];
  const fetched = async (before: number | null, current: () => boolean) => {
    const answer = await findDeliveries(incident, state, speaks, before);
    if (!current()) return;
    fault.value = answer.ok ? "" : explain(answer.status, answer.error);
    if (!answer.ok) return;
    rows.value = before === null ? answer.value.deliveries : [...(rows.value ?? []), ...answer.value.deliveries];
    next.value = answer.value.next;
  };
  useEffect(() => {
    let current = true;
    const wait = setTimeout(() => void fetched(null, () => current), incident ? 300 : 0);
    return () => {
      current = false;
      clearTimeout(wait);
    };
  }, [incident, state, speaks]);
  return (
    <section class="act">
      {fault.value && <p class="report bad">{fault.value}</p>}
      {rows.value?.length === 0 && <p>{words("ledger.nothing")}</p>}
      <ol class="notes">
        {rows.value?.map((each) => (
          <Entry key={each.id} row={each} />
        ))}
      </ol>
      {next.value !== null && (
        <button class="do quiet" type="button" onClick={() => void fetched(next.value, () => true)}>
          {words("shift.more")}
        </button>
      )}
    </section>
  );
}

function Entry({ row }: { row: Delivery }) {
  const about = row.incident ? store.one("incident", String(row.incident)) : undefined;
  const title = row.incident ? (about?.title ?? say.value("ledger.of", { n: row.incident })) : "";
  return (
    <li class={`delivery ${row.state}`}>
      <b>{say.value(`ledger.${row.state}`)}</b>
      {title && (
        <>
          {" · "}
          {about ? (
            <button class="go" type="button" onClick={() => (opened.value = `incident/${row.incident}`)}>
              {title}
            </button>
          ) : (
            title
          )}
        </>
      )}
      <p class="text">{row.text}</p>
    </li>
  );
}
