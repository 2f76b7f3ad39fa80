/** Hội nghị truyền hình: every endpoint a cell; beside it what needs a person and the poorest lines. */

import { staleness } from "../derive";
import { age } from "../format";
import { combSystem, now, say, store } from "../wall";
import { Honeycomb } from "./Honeycomb";
import { States } from "./States";
import { Worst } from "./Worst";
import { Wrong } from "./Wrong";

export function Conference() {
  const system = store.one("system", combSystem.value);
  const stale = system ? staleness(system, now.value) : null;
  const words = say.value;
  const freshness =
    stale === null
      ? words("updated", { age: age(now.value - (system?.at ?? now.value), words) })
      : words("stale", { age: age(stale, words) });
  return (
    <main class={`conference${stale !== null ? " stale" : ""}`} id="scene">
      <div class="field">
        <Honeycomb />
        {system && (
          <div class="legend">
            <States counts={system.counts} />
            <p>{freshness}</p>
          </div>
        )}
      </div>
      <aside class="beside-field">
        <Wrong />
        <Worst />
      </aside>
    </main>
  );
}
