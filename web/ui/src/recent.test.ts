import { expect, test } from "vitest";

import type { Delta } from "./link";
import { ENOUGH, KEPT, Recent, sparkline } from "./recent";

const delta = (put: Delta["put"], gone: string[] = []): Delta =>
  ({ type: "delta", epoch: "", offset: 0, full: false, now: 0, put, gone }) as Delta;

test("the newest measurements are kept, so many and no more", () => {
  const recent = new Recent();
  for (let i = 0; i < KEPT + 5; i += 1) recent.add(delta({ "endpoint/a": { rtt: i }, "about/a": { rtt: 1 } }));
  expect(recent.of("a").rtt).toHaveLength(KEPT);
  expect(recent.of("a").rtt.at(-1)).toBe(KEPT + 4);
  recent.add(delta({}, ["endpoint/a"]));
  expect(recent.of("a").rtt).toEqual([]);
});

test("one lost probe is a share of the last ones, not all of them, and nothing while they are few", () => {
  const recent = new Recent();
  for (let i = 1; i < ENOUGH; i += 1) recent.add(delta({ "endpoint/a": { loss: 0 } }));
  expect(recent.loss("a")).toBeNull();
  recent.add(delta({ "endpoint/a": { loss: 100 } }));
  expect(recent.loss("a")).toBe(100 / ENOUGH);
});

test("a line needs two points and is scaled to its ceiling or what exceeds it", () => {
  expect(sparkline([5], 100, 10, 10)).toBe("");
  expect(sparkline([0, 10], 100, 10, 10)).toBe("M0.0 10.0L100.0 0.0");
  expect(sparkline([0, 10, 20], 100, 10, 10)).toBe("M0.0 10.0L50.0 5.0L100.0 0.0");
});
