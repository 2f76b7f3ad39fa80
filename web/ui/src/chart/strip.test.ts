import { expect, test } from "vitest";

import { historyOf } from "./fixture";
import { HOLD, spansOf, totals } from "./strip";

const UP = 0;
const DOWN = 2;

test("a state holds until the next mark, from what was so before the beginning", () => {
  const spans = spansOf(historyOf([[10, UP], [300, UP], [450, DOWN], [520, UP]], { step: 10 }), 100, 600);
  expect(spans).toEqual([
    { from: 100, to: 450, state: "up" },
    { from: 450, to: 520, state: "down" },
    { from: 520, to: 600, state: "up" },
  ]);
});

test("a mark that fails to come ends what is known", () => {
  const spans = spansOf(historyOf([[0, UP], [2000, UP]], { stop: 2400, step: 10 }), 0, 2400);
  expect(spans.map(({ from, to, state }) => [from, to, state])).toEqual([
    [0, 10 + HOLD, "up"],
    [10 + HOLD, 2000, null],
    [2000, 2010 + HOLD, "up"],
    [2010 + HOLD, 2400, null],
  ]);
  expect(totals(spans)).toEqual([
    ["up", 680],
    [null, 1720],
  ]);
});

test("a bucket is as bad as the worst that it is known to have held", () => {
  const spans = spansOf(historyOf([[5, UP], [20, DOWN], [40, UP], [100, UP]], { stop: 200, step: 60 }), 0, 200);
  expect(spans.map(({ to, state }) => [to, state])).toEqual([
    [60, "down"],
    [200, "up"],
  ]);
});

test("nothing known at all is said as such, and a code of a later version is unknown", () => {
  expect(spansOf(historyOf([]), 0, 600)).toEqual([{ from: 0, to: 600, state: null }]);
  expect(spansOf(historyOf([[0, 42]], { stop: 60 }), 0, 60)).toEqual([{ from: 0, to: 60, state: "unknown" }]);
});

test("states are told worst first, what is not known last", () => {
  const spans = spansOf(historyOf([[0, UP], [100, DOWN], [200, 6]], { stop: 700, step: 10 }), 0, 700);
  expect(totals(spans).map(([state]) => state)).toEqual(["down", "off", "up", null]);
});
