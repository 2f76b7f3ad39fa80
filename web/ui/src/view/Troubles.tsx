/** What is wrong with the service itself: said on every scene, in one line each. */

import { age } from "../format";
import { language, now, say, theTroubles } from "../wall";
import { whole } from "../format";
import { Glyph } from "./Glyph";

export function Troubles() {
  const all = theTroubles.value;
  if (!all.length) return null;
  const words = say.value;
  return (
    <ul class="troubles">
      {all.map(({ key, since, values }) => (
        <li key={key} class={`trouble trouble-${key}`}>
          <Glyph state="degraded" />
          <p>
            <b>{words(`trouble.${key}`)}</b>
            {since !== null && <span class="figure"> {age(now.value - since, words)}</span>}
            <span class="detail"> {words(`trouble.${key}.detail`, grouped(values))}</span>
          </p>
        </li>
      ))}
    </ul>
  );
}

function grouped(values: Record<string, string | number>): Record<string, string | number> {
  const pairs = Object.entries(values);
  return Object.fromEntries(
    pairs.map(([name, value]) => [name, typeof value === "number" && value > 999 ? whole(value, language.value) : value]),
  );
}
