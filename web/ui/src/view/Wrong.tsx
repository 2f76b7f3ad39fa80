/** What needs a person, by unit: how many, why, since when, whom to call. */

import type { WrongGroup } from "../clusters";
import { wrongGroups } from "../clusters";
import { STATES } from "../picture";
import { ageShort, phone, whole } from "../format";
import { known } from "../i18n";
import { combClusters, language, now, opened, say, store } from "../wall";
import { Glyph } from "./Glyph";

const SHOWN = 4;

export function Wrong() {
  void store.shifts.value;
  const groups = wrongGroups(combClusters.value, store.peek("endpoint"));
  const words = say.value;
  const more = groups.length - SHOWN;
  return (
    <section class="wrong">
      <h2>
        {words("wrong")}
        {groups.length > 0 && <b class="figure"> {whole(groups.reduce((n, each) => n + each.wrong, 0), language.value)}</b>}
      </h2>
      {groups.length === 0 && <p class="none">{words("wrong.none")}</p>}
      <ol>
        {groups.slice(0, SHOWN).map((group) => (
          <Item key={group.cluster.id} group={group} />
        ))}
      </ol>
      {more > 0 && <p class="more">{words("wrong.more", { n: more })}</p>}
    </section>
  );
}

function Item({ group }: { group: WrongGroup }) {
  const words = say.value;
  const about = store.one("about", group.first);
  const live = store.one("endpoint", group.first);
  const single = group.wrong === 1;
  const name = single ? about?.name : group.cluster.name || words("honeycomb.rest");
  const why = words(known(`reason.${live?.reason}`, "reason.none"));
  return (
    <li class={`item w-${group.worst}`}>
      <button type="button" onClick={() => (opened.value = `endpoint/${group.first}`)}>
        <Glyph state={group.worst} />
        <span class="line-one">
          <span class="title">{name ?? group.first}</span>
          <span class="age figure">{ageShort(now.value - group.since, words)}</span>
        </span>
        <span class="line-two">
          {single ? <span class="why">{`${words(`state.${group.worst}`)}${why ? `, ${why}` : ""}`}</span> : <Tally group={group} />}
          <span class="phone figure">{phone(about?.owner?.phone ?? "")}</span>
        </span>
      </button>
    </li>
  );
}

/** Counts by shape; the words for the shapes stand under the honeycomb. */
function Tally({ group }: { group: WrongGroup }) {
  return (
    <span class="why tally">
      {STATES.filter((state) => group.counts[state]).map((state) => (
        <span key={state} class={`t-${state}`}>
          <Glyph state={state} />
          <b class="figure">{group.counts[state]}</b>
          <span class="unseen"> {say.value(`state.${state}`)}</span>
        </span>
      ))}
    </span>
  );
}
