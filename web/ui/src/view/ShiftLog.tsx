/** The shift log: leave a note for the next shift, with what is open now; find what earlier ones left. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { findNotes, writeNote, type Note } from "../api";
import { moment } from "../format";
import { civil, LEDGER, openIncidents, say } from "../wall";
import { explain, Field, LedgerLink, Permission, Report, run, who, WhoField, type Progress } from "./form";

export function ShiftLog() {
  const written = useSignal(0);
  return (
    <>
      <h2 id="console-title">{say.value("shift.title")}</h2>
      <LedgerLink of={LEDGER} />
      <Writing written={() => (written.value += 1)} />
      <Notes written={written.value} />
    </>
  );
}

function Writing({ written }: { written: () => void }) {
  const text = useSignal("");
  const progress = useSignal<Progress>("idle");
  const words = say.value;
  const submit = async (event: Event) => {
    event.preventDefault();
    await run(progress, () => writeNote(text.value.trim(), who.value.trim()));
    if (progress.value !== "done") return;
    text.value = "";
    written();
  };
  return (
    <form class="act" onSubmit={submit}>
      <p>{words("shift.open", { n: openIncidents.value.length })}</p>
      <Field label={words("shift.text")} id="l-text">
        <textarea
          id="l-text"
          required
          rows={4}
          maxLength={4000}
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
      </Field>
      <WhoField id="l-by" />
      <Permission />
      <button class="do" type="submit" disabled={progress.value === "busy"}>
        {words("shift.do")}
      </button>
      <Report progress={progress.value} done={words("shift.done")} />
    </form>
  );
}

function Notes({ written }: { written: number }) {
  const typed = useSignal("");
  const notes = useSignal<Note[]>([]);
  const next = useSignal<number | null>(null);
  const fault = useSignal("");
  const words = say.value;
  const sought = typed.value.trim();
  const fetched = async (before: number | null, current: () => boolean) => {
    const answer = await findNotes(sought, before);
    if (!current()) return;
    fault.value = answer.ok ? "" : explain(answer.status, answer.error);
    if (!answer.ok) return;
    notes.value = before === null ? answer.value.notes : [...notes.value, ...answer.value.notes];
    next.value = answer.value.next;
  };
  useEffect(() => {
    let current = true;
    const wait = setTimeout(() => void fetched(null, () => current), sought ? 300 : 0);
    return () => {
      current = false;
      clearTimeout(wait);
    };
  }, [sought, written]);
  return (
    <section class="act">
      <Field label={words("shift.find")} id="l-find">
        <input
          id="l-find"
          type="search"
          maxLength={200}
          value={typed.value}
          onInput={(event) => (typed.value = event.currentTarget.value)}
        />
      </Field>
      {fault.value && <p class="report bad">{fault.value}</p>}
      <ol class="notes">
        {notes.value.map((each) => (
          <Entry key={each.id} note={each} />
        ))}
      </ol>
      {next.value !== null && (
        <button class="do quiet" type="button" onClick={() => void fetched(next.value, () => typed.value.trim() === sought)}>
          {words("shift.more")}
        </button>
      )}
    </section>
  );
}

function Entry({ note }: { note: Note }) {
  const words = say.value;
  const open = note.incidents.map((each) => each.title).join("; ");
  return (
    <li>
      <b>{note.by}</b> {moment(note.at, civil.value)}
      <p class="text">{note.text}</p>
      {open && (
        <p>
          {words("shift.then", { n: note.incidents.length + note.more })} {open}
        </p>
      )}
    </li>
  );
}
