/** A history that stays fresh while it is in sight. */

import { useEffect, useState } from "preact/hooks";
import type { RefObject } from "preact";

import { Follower, paceOf } from "../../chart/follower";
import { isOver, stretchOf, type Shown } from "../../chart/span";
import { readHistory, type History, type Subject } from "../../history";
import { steady } from "../../socket";
import { civilNow } from "../../ticker";

/** Seconds after which a question that failed is asked again. */
const AGAIN = 10;

export interface Failure {
  status: number;
  error: string | null;
}

export interface Seen {
  /** the last picture that came, also while the store is away; null when none came yet */
  history: History | null;
  failure: Failure | null;
}

/** The history of a subject, in at most `points` buckets; asked for from `lead` seconds earlier on than is shown. */
export function useHistory(
  subject: Subject,
  shown: Shown,
  points: number,
  box: RefObject<HTMLElement | null>,
  lead = 0,
): Seen {
  const [seen, setSeen] = useState<Seen>({ history: null, failure: null });
  useEffect(() => {
    const follower = new Follower(async (signal) => {
      const now = civilNow();
      const { start, stop } = stretchOf(shown, now);
      const answer = await readHistory(subject, { start: start - lead, stop }, points, signal);
      if (!answer) return AGAIN;
      setSeen((was) => (answer.ok ? { history: answer.value, failure: null } : { ...was, failure: answer }));
      if (!answer.ok) return AGAIN;
      return isOver(shown, now) ? null : paceOf(answer.value.step);
    }, steady);
    return whileInSight(box.current, follower);
  }, [JSON.stringify(subject), JSON.stringify(shown), points]);
  return seen;
}

/** Start a follower whenever an element can be seen, and stop it when not; what ends all that. */
export function whileInSight(element: HTMLElement | null, follower: Follower): () => void {
  if (!element) return () => undefined;
  let near = false;
  const turn = () => (near && document.visibilityState === "visible" ? follower.start() : follower.stop());
  const observer = new IntersectionObserver((entries) => {
    near = entries.at(-1)?.isIntersecting ?? false;
    turn();
  });
  observer.observe(element);
  document.addEventListener("visibilitychange", turn);
  return () => {
    observer.disconnect();
    document.removeEventListener("visibilitychange", turn);
    follower.stop();
  };
}
