import { expect, test } from "vitest";

import { fresh, patience, retryDelay, step, type Delta, type Effect, type Event, type Hello, type Link } from "./link";

const hello = (more: Partial<Hello> = {}): Hello => ({
  type: "hello",
  build: "b1",
  epoch: "e1",
  now: 1000,
  name: "IOC",
  beat_s: 2,
  coalesce_ms: 50,
  viewing: null,
  languages: ["vi", "en"],
  may_write: true,
  ...more,
});
const delta = (more: Partial<Delta> = {}): Delta => ({
  type: "delta",
  epoch: "e1",
  offset: 7,
  full: false,
  now: 1000,
  put: {},
  gone: [],
  ...more,
});
const frame = (at: number, of: Hello | Delta): Event => ({ type: "frame", at, frame: of, random: 0 });

function run(events: Event[], from: Link = fresh(0)): { link: Link; effects: Effect[] } {
  let link = from;
  const effects: Effect[] = [];
  for (const event of events) {
    const [next, more] = step(link, event);
    link = next;
    effects.push(...more);
  }
  return { link, effects };
}

const live = () => run([{ type: "start", at: 0 }, frame(1, hello()), frame(1, delta({ full: true }))]).link;

test("a hello makes the link live and a full picture is applied", () => {
  const { link, effects } = run([{ type: "start", at: 0 }, frame(1, hello()), frame(1, delta({ full: true }))]);
  expect(link).toMatchObject({ phase: "live", epoch: "e1", offset: 7, ahead: 999, build: "b1" });
  expect(effects.map((each) => each.do)).toEqual(["open", "welcome", "apply"]);
});

test("the retry delay doubles from half a second to ten, between half and the whole of it", () => {
  expect([0, 1, 2, 3, 4, 5, 9].map((n) => retryDelay(n, 1))).toEqual([0.5, 1, 2, 4, 8, 10, 10]);
  expect(retryDelay(3, 0)).toBe(2);
});

test("silence of more than three beats cuts the link, silence of exactly three does not", () => {
  const link = live();
  expect(patience(link)).toBe(6);
  expect(step(link, { type: "tick", at: 7, random: 0 })[0].phase).toBe("live");
  const [cut, effects] = step(link, { type: "tick", at: 7.01, random: 0 });
  expect(cut).toMatchObject({ phase: "cut", since: 1, trying: false });
  expect(effects).toEqual([{ do: "close" }]);
});

test("a closed socket cuts at once and is retried from where it was", () => {
  const { link } = run([{ type: "closed", at: 3, random: 0 }], live());
  expect(link).toMatchObject({ phase: "cut", since: 1, retryAt: 3.25 });
  expect(step(link, { type: "tick", at: 3.2, random: 0 })[1]).toEqual([]);
  expect(step(link, { type: "tick", at: 3.25, random: 0 })[1]).toEqual([{ do: "open", epoch: "e1", offset: 7 }]);
});

test("an attempt that hears nothing is given up and the next waits longer", () => {
  let { link } = run([{ type: "closed", at: 3, random: 1 }], live());
  ({ link } = run([{ type: "tick", at: 3.5, random: 1 }], link));
  const [next, effects] = step(link, { type: "tick", at: 9.6, random: 1 });
  expect(effects).toEqual([{ do: "close" }]);
  expect(next.retryAt).toBeCloseTo(10.6);
  expect(next).toMatchObject({ phase: "cut", since: 1 });
});

test("a hello after a cut is live again and forgets the attempts", () => {
  const cut = run([{ type: "closed", at: 3, random: 0 }, { type: "tick", at: 4, random: 0 }], live()).link;
  const { link } = run([frame(5, hello())], cut);
  expect(link).toMatchObject({ phase: "live", since: 5, attempt: 0, offset: 7 });
});

test("another build reloads the page, the same one does not", () => {
  const cut = run([{ type: "closed", at: 3, random: 0 }, { type: "tick", at: 4, random: 0 }], live()).link;
  expect(step(cut, frame(5, hello({ build: "b2" })))[1]).toEqual([{ do: "reload" }]);
  expect(step(cut, frame(5, hello()))[1].map((each) => each.do)).toEqual(["welcome"]);
});

test("a difference of an epoch that is not ours is refused and everything asked for again", () => {
  const [link, effects] = step(live(), frame(5, delta({ epoch: "e2" })));
  expect(effects).toEqual([{ do: "close" }]);
  expect(link).toMatchObject({ phase: "cut", epoch: "", offset: 0 });
});

test("a full picture of a new epoch is taken", () => {
  expect(step(live(), frame(5, delta({ epoch: "e2", full: true, offset: 3 })))[0]).toMatchObject({
    epoch: "e2",
    offset: 3,
  });
});

test("frames of a socket that was given up change nothing", () => {
  const cut = run([{ type: "closed", at: 3, random: 0 }], live()).link;
  expect(step(cut, frame(3.1, delta({ offset: 99 })))).toEqual([cut, []]);
});

test("the clock offset follows a jump at once and jitter slowly", () => {
  const link = live();
  expect(step(link, frame(2, delta({ now: 1001.8 })))[0].ahead).toBeCloseTo(999.1);
  expect(step(link, frame(2, delta({ now: 4601 })))[0].ahead).toBe(4599);
});
