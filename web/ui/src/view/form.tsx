/** What the forms of the console share: fields, the name that is remembered, how a request went. */

import { signal, type Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";

import type { Outcome, Refusal } from "../api";
import { known } from "../i18n";
import { hello, opened, say, store } from "../wall";

export type Progress = "idle" | "busy" | "done" | { error: string };

/** Who sits at this screen, so that it is typed once a shift. */
export const who = signal(sessionStorage.getItem("who") ?? "");

/** Remember a field until the browser is closed. */
export function remember(field: Signal<string>, name: string, value: string): void {
  field.value = value;
  sessionStorage.setItem(name, value);
}

/** Send, and say how it went. */
export async function run(progress: Signal<Progress>, send: () => Promise<Outcome>): Promise<void> {
  progress.value = "busy";
  const outcome = await send();
  progress.value = outcome.ok ? "done" : { error: refused(outcome) };
}

/** Why something was not done: in this screen's words where it has some, else in the server's. */
function refused({ status, error, code, about = "" }: Refusal): string {
  const key = known(`refused.${code}`, "reason.none");
  const name = store.one("about", about)?.name ?? about;
  return key === "reason.none" ? explain(status, error) : say.value(key, { about: name });
}

/** Why it did not work, as a person reads it. */
export function explain(status: number, error: string | null): string {
  if (error) return error;
  return status ? say.value("error.status", { status }) : say.value("error.network");
}

interface FieldProps {
  label: string;
  id: string;
  children: ComponentChildren;
}

export function Field({ label, id, children }: FieldProps) {
  return (
    <p class="field-row">
      <label for={id}>{label}</label>
      {children}
    </p>
  );
}

export function WhoField({ id }: { id: string }) {
  return (
    <Field label={say.value("ack.by")} id={id}>
      <input
        id={id}
        name="by"
        required
        maxLength={80}
        autocomplete="name"
        value={who.value}
        onInput={(event) => remember(who, "who", event.currentTarget.value)}
      />
    </Field>
  );
}

/** Where this screen may not write, and where to get that right. */
export function Permission() {
  if (hello.value?.may_write !== false) return null;
  return (
    <p class="hint">
      {say.value("console.read_only")} <a href="login">{say.value("console.login")}</a>
    </p>
  );
}

/** To the delivery ledger, of one incident or of all. */
export function LedgerLink({ of }: { of: string }) {
  return (
    <p>
      <button class="go" type="button" onClick={() => (opened.value = of)}>
        {say.value("ledger.title")}
      </button>
    </p>
  );
}

export function Report({ progress, done }: { progress: Progress; done: string }) {
  if (progress === "idle") return null;
  if (progress === "busy") return <p class="report">{say.value("busy")}</p>;
  if (progress === "done") return <p class="report good" role="status">{done}</p>;
  return (
    <p class="report bad" role="alert">
      {progress.error}
    </p>
  );
}
