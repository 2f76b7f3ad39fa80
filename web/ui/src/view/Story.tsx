/** Who was told of an incident and why, in sentences: fetched when somebody asks. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { explain as asked } from "../api";
import { language, LEDGER, say } from "../wall";
import { explain, LedgerLink } from "./form";

export function Story({ id, decided }: { id: string; decided: number }) {
  const open = useSignal(false);
  const facts = useSignal<string[] | null>(null);
  const fault = useSignal("");
  const [shown, speaks] = [open.value, language.value];
  useEffect(() => {
    if (!shown) return;
    let current = true;
    void asked(id, speaks).then((answer) => {
      if (!current) return;
      fault.value = answer.ok ? "" : explain(answer.status, answer.error);
      if (answer.ok) facts.value = answer.value.facts.map((each) => each.text);
    });
    return () => {
      current = false;
    };
  }, [id, decided, shown, speaks]);
  return (
    <details class="act story" onToggle={(event) => (open.value = event.currentTarget.open)}>
      <summary>{say.value("story.title")}</summary>
      {fault.value && <p class="report bad">{fault.value}</p>}
      <ol>
        {facts.value?.map((each, i) => (
          <li key={i}>{each}</li>
        ))}
      </ol>
      <LedgerLink of={`${LEDGER}/${id}`} />
    </details>
  );
}
