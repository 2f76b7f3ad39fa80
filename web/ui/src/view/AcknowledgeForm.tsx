/** Say that a person is on it. */

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

import { acknowledge } from "../api";
import { age } from "../format";
import type { Incident } from "../picture";
import { now, say } from "../wall";
import { Field, Permission, Report, run, who, WhoField, type Progress } from "./form";
import { Check } from "./Glyph";

export function AcknowledgeForm({ id, incident }: { id: string; incident: Incident }) {
  const note = useSignal("");
  const seen = useRef(incident.decided);
  const progress = useSignal<Progress>("idle");
  const words = say.value;
  const again = Boolean(incident.acknowledged);
  if (incident.acknowledged && incident.next_at == null) return <Acknowledged by={incident.acknowledged} />;
  const submit = (event: Event) => {
    event.preventDefault();
    void run(progress, () => acknowledge(id, who.value.trim(), note.value.trim(), seen.current));
    seen.current = incident.decided;
  };
  // What they saw when they began to write: who presses Enter has not read what came meanwhile.
  const begin = ({ currentTarget, relatedTarget }: FocusEvent) => {
    if (!(currentTarget as Node).contains(relatedTarget as Node | null)) seen.current = incident.decided;
  };
  return (
    <form class="act" onSubmit={submit} onFocusIn={begin}>
      <h3>{words(again ? "ack.again" : "ack.title")}</h3>
      {incident.acknowledged && <Acknowledged by={incident.acknowledged} />}
      <WhoField id="ack-by" />
      <Field label={words("ack.note")} id="ack-note">
        <input
          id="ack-note"
          name="note"
          maxLength={500}
          placeholder={words("ack.note_hint")}
          value={note.value}
          onInput={(event) => (note.value = event.currentTarget.value)}
        />
      </Field>
      <Permission />
      <button class="do" type="submit" disabled={progress.value === "busy"}>
        {words("ack.do")}
      </button>
      <Report progress={progress.value} done={words("ack.done")} />
    </form>
  );
}

function Acknowledged({ by }: { by: NonNullable<Incident["acknowledged"]> }) {
  const words = say.value;
  return (
    <p class="taken">
      <Check /> {words("incident.acknowledged", { by: by.by })},{" "}
      {words("incident.ack_age", { age: age(now.value - by.at, words) })}
      {by.note && <q>{by.note}</q>}
    </p>
  );
}
