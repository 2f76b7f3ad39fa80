/** Hội nghị truyền hình: every endpoint a cell; beside it what needs a person and the poorest lines. */

import { staleness } from "../derive";
import { STATES } from "../picture";
import { combSystem, now, say, store } from "../wall";
import { Glyph } from "./Glyph";
import { Honeycomb } from "./Honeycomb";
import { Worst } from "./Worst";
import { Wrong } from "./Wrong";

export function Conference() {
  const system = store.one("system", combSystem.value);
  const stale = system ? staleness(system, now.value) !== null : false;
  return (
    <main class={`conference${stale ? " stale" : ""}`} id="scene">
      <div class="field">
        <Honeycomb />
        <Legend />
      </div>
      <aside class="beside-field">
        <Wrong />
        <Worst />
      </aside>
    </main>
  );
}

function Legend() {
  return (
    <ul class="legend" aria-label={say.value("legend")}>
      {STATES.map((state) => (
        <li key={state} class={`state t-${state}`}>
          <Glyph state={state} />
          <span>{say.value(`state.${state}`)}</span>
        </li>
      ))}
    </ul>
  );
}
