/** Counts by state: shape, figure and word for each state that occurs. */

import { STATES, type Counts, type State } from "../picture";
import { whole } from "../format";
import { language, say } from "../wall";
import { Glyph } from "./Glyph";

interface Props {
  counts: Counts;
  /** states to leave out */
  without?: readonly State[];
}

/** The states that occur, the worst first. */
export function States({ counts, without = [] }: Props) {
  const shown = STATES.filter((state) => counts[state] && !without.includes(state));
  return (
    <ul class="states">
      {shown.map((state) => (
        <li key={state} class={`state t-${state}`}>
          <Glyph state={state} />
          <b class="figure">{whole(counts[state] ?? 0, language.value)}</b>
          <span>{say.value(`state.${state}`)}</span>
        </li>
      ))}
    </ul>
  );
}
