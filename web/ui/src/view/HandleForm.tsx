/** What else a person does with an incident: give it to somebody, note something, close it by hand. */

import { useSignal } from "@preact/signals";

import { assign, close, comment } from "../api";
import { onCallOf } from "../coming";
import { say, store } from "../wall";
import { Field, Permission, Report, run, who, WhoField, type Progress } from "./form";

const ACTS = { comment, assign, close };
type Act = keyof typeof ACTS;

export function HandleForm({ id }: { id: string }) {
  const act = useSignal<Act>("comment");
  const text = useSignal("");
  const progress = useSignal<Progress>("idle");
  const words = say.value;
  const submit = async (event: Event) => {
    event.preventDefault();
    await run(progress, () => ACTS[act.value](id, text.value.trim(), who.value.trim()));
    if (progress.value === "done") text.value = "";
  };
  return (
    <form class="act handle" onSubmit={submit}>
      <h3>{words("handle.title")}</h3>
      <Field label={words("handle.act")} id="h-act">
        <select id="h-act" value={act.value} onChange={(event) => (act.value = event.currentTarget.value as Act)}>
          {(Object.keys(ACTS) as Act[]).map((each) => (
            <option key={each} value={each}>
              {words(`handle.${each}`)}
            </option>
          ))}
        </select>
      </Field>
      <Field label={words(`handle.${act.value}.text`)} id="h-text">
        <input
          id="h-text"
          required
          maxLength={act.value === "assign" ? 80 : 500}
          list={act.value === "assign" ? "h-people" : undefined}
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
      </Field>
      <datalist id="h-people">
        {names().map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
      <WhoField id="h-by" />
      <Permission />
      <button class="do quiet" type="submit" disabled={progress.value === "busy"}>
        {words("handle.do")}
      </button>
      <Report progress={progress.value} done={words("handle.done")} />
    </form>
  );
}

/** Whom one thinks of first: those on call. */
function names(): string[] {
  const people = onCallOf(store.all("oncall")).flatMap(([, each]) => each.people);
  return [...new Set(people.map((each) => each.name))];
}
