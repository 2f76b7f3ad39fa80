/** What the forms of the console share: fields, the name that is remembered, how a request went. */

import { signal, type Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";

import type { Outcome } from "../api";
import { hello, say } from "../wall";

export type Progress = "idle" | "busy" | "done" | { error: string };

/** Who sits at this screen, so that it is typed once a shift. */
export const who = signal(sessionStorage.getItem("who") ?? "");
/** The right to write, where the service asks for one. */
export const token = signal(sessionStorage.getItem("token") ?? "");

/** Remember a field until the browser is closed. */
export function remember(field: Signal<string>, name: string, value: string): void {
  field.value = value;
  sessionStorage.setItem(name, value);
}

/** Send, and say how it went. */
export async function run(progress: Signal<Progress>, send: () => Promise<Outcome>): Promise<void> {
  progress.value = "busy";
  const outcome = await send();
  progress.value = outcome.ok ? "done" : { error: explain(outcome.status, outcome.error) };
}

function explain(status: number, error: string | null): string {
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

/** Asked for only where the service has not granted this screen the right to write. */
export function TokenField({ id }: { id: string }) {
  if (hello.value?.may_write !== false) return null;
  return (
    <>
      <p class="hint">{say.value("console.read_only")}</p>
      <Field label={say.value("console.token")} id={id}>
        <input
          id={id}
          type="password"
          autocomplete="off"
          value={token.value}
          onInput={(event) => remember(token, "token", event.currentTarget.value)}
        />
      </Field>
    </>
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
