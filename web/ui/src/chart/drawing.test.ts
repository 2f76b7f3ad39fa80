import { expect, test } from "vitest";

import { drawingOf, fingerprint, without } from "./drawing";
import { every, historyOf } from "./fixture";

const flat = () => 20;

test("a bucket is a step as wide as itself, and the next one begins where it ends", () => {
  const drawing = drawingOf(historyOf(every(10, 0, 90, (at) => at), { stop: 90 }));
  expect(drawing.x).toEqual([0, 30, 30, 60, 60, 90]);
  expect(drawing.mean).toEqual([10, 10, 40, 40, 70, 70]);
  expect(drawing.least).toEqual([0, 0, 30, 30, 60, 60]);
  expect(drawing.most).toEqual([20, 20, 50, 50, 80, 80]);
  expect(drawing.place).toEqual([0, 0, 1, 1, 2, 2]);
  expect(drawing.places).toEqual([15, 45, 75].map((x, bucket) => ({ x, bucket })));
  expect(drawing.gaps).toEqual([]);
});

test("nothing is drawn across a gap", () => {
  const drawing = drawingOf(historyOf([...every(10, 0, 120, flat), ...every(10, 300, 600, flat)]));
  expect(drawing.gaps).toEqual([[120, 300]]);
  const at = drawing.x.indexOf(210);
  expect([drawing.mean[at - 1], drawing.mean[at], drawing.mean[at + 1]]).toEqual([20, null, 20]);
  expect([drawing.x[at - 1], drawing.x[at + 1]]).toEqual([120, 300]);
  expect(drawing.places[drawing.place[at]!]).toEqual({ x: 210, bucket: null });
});

test("an empty bucket that the service calls no gap is the pace of the series: a value holds until the next one", () => {
  const drawing = drawingOf(historyOf(every(60, 0, 600, (at) => at / 60), { step: 10, gaps: [] }));
  expect(drawing.x.slice(0, 4)).toEqual([0, 60, 60, 120]);
  expect(drawing.mean).not.toContain(null);
});

test("nothing at all is one gap from the beginning to the end", () => {
  const drawing = drawingOf(historyOf([], { start: 5, stop: 605 }));
  expect(drawing.gaps).toEqual([[5, 605]]);
  expect(drawing.mean).toEqual([null]);
});

test("gaps at both ends are within what is shown, and the first and the last bucket are cut to it", () => {
  const drawing = drawingOf(historyOf(every(10, 200, 400, flat), { start: 15, stop: 595 }));
  expect(drawing.gaps).toEqual([
    [15, 180],
    [420, 595],
  ]);
  const cut = drawingOf(historyOf(every(10, 20, 600, flat), { start: 15, stop: 595 }));
  expect([cut.x[0], cut.x.at(-1)]).toEqual([15, 595]);
});

test("x never goes back, whatever is missing", () => {
  const samples = every(10, 0, 600, flat).filter(([at]) => (at * 7919) % 100 < 55);
  const { x } = drawingOf(historyOf(samples, { step: 10 }));
  expect(x).toEqual([...x].sort((a, b) => a - b));
});

test("what is missing of one and not of the other", () => {
  expect(without([[0, 100]], [[20, 40], [60, 200]])).toEqual([[0, 20], [40, 60]]);
  expect(without([[0, 10], [20, 30]], [[5, 25]])).toEqual([[0, 5], [25, 30]]);
  expect(without([[0, 10]], [])).toEqual([[0, 10]]);
  expect(without([[0, 10]], [[0, 10]])).toEqual([]);
});

test("equal answers have one fingerprint, others another", () => {
  const once = () => historyOf(every(10, 0, 600, (at) => at / 7));
  expect(fingerprint(drawingOf(once()))).toBe(fingerprint(drawingOf(once())));
  const other = once();
  other.mean[3]! += 1e-9;
  expect(fingerprint(drawingOf(other))).not.toBe(fingerprint(drawingOf(once())));
});
