/** Who is on call now, with the number to ring; before it what a scene has to say of the rest, after it the shift log. */

import { onCallOf } from "../coming";
import { phone, setMoment } from "../format";
import type { OnCall } from "../picture";
import { civil, now, opened, say, SHIFT, store } from "../wall";

const SHOWN = 3;

export function OnCallLine({ more = "" }: { more?: string }) {
  const all = onCallOf(store.all("oncall"));
  const words = say.value;
  return (
    <section class="oncall" aria-label={words("oncall")}>
      {more && <p class="more">{more}</p>}
      <ul>
        {all.slice(0, SHOWN).map(([id, each]) => (
          <Schedule key={id} each={each} />
        ))}
        {all.length > SHOWN && <li>{words("oncall.more", { n: all.length - SHOWN })}</li>}
      </ul>
      <button class="language" type="button" onClick={() => (opened.value = SHIFT)}>
        {words("shift")}
      </button>
    </section>
  );
}

function Schedule({ each }: { each: OnCall }) {
  const words = say.value;
  const [first, ...others] = each.people;
  if (!first) {
    return (
      <li class="gap">
        {words("oncall.of", { name: each.name })} <b>{words("oncall.nobody")}</b>
      </li>
    );
  }
  const until = each.until === null ? "" : setMoment(each.until + (civil.value - now.value), civil.value);
  return (
    <li>
      {words("oncall.of", { name: each.name })} <b>{first.name}</b> {first.phone && <b class="figure">{phone(first.phone)}</b>}
      {others.length > 0 && ` ${words("oncall.others", { n: others.length })}`}
      {until && <span class="until"> {words("oncall.until", { time: until })}</span>}
    </li>
  );
}
