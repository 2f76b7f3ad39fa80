/** Any endpoint by its name, its unit or its id: the way to it without a mouse, and in the hand. */

import { useSignal } from "@preact/signals";

import { matching } from "../find";
import { whole } from "../format";
import { language, opened, say, store } from "../wall";
import { Field } from "./form";
import { Glyph } from "./Glyph";

const SHOWN = 20;

export function Finder() {
  const typed = useSignal("");
  const words = say.value;
  void store.structure.value;
  const found = matching(typed.value, store.peek("about"), store.peek("unit"));
  return (
    <>
      <h2 id="console-title">{words("find.title")}</h2>
      <div class="act">
        <Field label={words("find.name")} id="find">
          <input
            id="find"
            type="search"
            maxLength={80}
            autocomplete="off"
            autofocus
            value={typed.value}
            onInput={(event) => (typed.value = event.currentTarget.value)}
          />
        </Field>
        <p role="status">
          {typed.value.trim() && words("find.count", { n: whole(found.length, language.value) })}
        </p>
        <ul class="found">
          {found.slice(0, SHOWN).map((id) => (
            <Found key={id} id={id} />
          ))}
        </ul>
        {found.length > SHOWN && <p>{words("find.more", { most: SHOWN })}</p>}
      </div>
    </>
  );
}

function Found({ id }: { id: string }) {
  const about = store.one("about", id);
  const state = store.one("endpoint", id)?.state ?? "unknown";
  const unit = about && store.one("unit", about.unit)?.name;
  return (
    <li>
      <button type="button" onClick={() => (opened.value = `endpoint/${id}`)}>
        <Glyph state={state} />
        <b>{about?.name ?? id}</b>
        <span>{[say.value(`state.${state}`), unit].filter(Boolean).join(" · ")}</span>
      </button>
    </li>
  );
}
