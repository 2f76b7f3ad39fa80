import { expect, test } from "vitest";

import { LIMITS } from "../derive";
import { every, historyOf } from "./fixture";
import { sightOf } from "./sight";

const LOSS = { field: "loss", unit: "%" };

test("an outage is a loss of 100, and the round trip's silence then; a service that was off is no data of both", () => {
  const outage = (at: number) => at >= 120 && at < 240;
  const on = (at: number) => at < 360 || at >= 480;
  const probes = every(10, 0, 600, (at) => (outage(at) ? 100 : 0)).filter(([at]) => on(at));
  const answers = probes.filter(([, lost]) => !lost).map(([at]): [number, number] => [at, 20]);
  const loss = sightOf(historyOf(probes, LOSS), null, null);
  const rtt = sightOf(historyOf(answers), null, loss.drawing.gaps);
  expect(loss.drawing.mean[loss.drawing.x.indexOf(150)]).toBe(100);
  expect([loss.drawing.gaps, loss.silent]).toEqual([[[360, 480]], []]);
  expect([rtt.drawing.gaps, rtt.silent]).toEqual([[[360, 480]], [[120, 240]]]);
});

test("the second between two questions is no silence", () => {
  const unasked = sightOf(historyOf(every(10, 0, 300, () => 0), { ...LOSS, stop: 602 }), null, null).drawing.gaps;
  const rtt = sightOf(historyOf(every(10, 0, 300, () => 9), { stop: 603 }), null, unasked);
  expect([rtt.silent, rtt.drawing.gaps]).toEqual([[], [[300, 603]]]);
});

test("loss is shown by its mean alone, others by the band from least to most too", () => {
  const loss = sightOf(historyOf([[0, 0], [10, 100], [20, 0], [30, 0]], LOSS), null, null);
  expect([loss.banded, loss.scale.max, loss.limit]).toEqual([false, 50, LIMITS.loss]);
  const rtt = sightOf(historyOf([[0, 1], [10, 33]]), 77, null);
  expect([rtt.banded, rtt.scale.max, rtt.limit, rtt.moment]).toEqual([true, 40, LIMITS.rtt, 77]);
});

test("large numbers are drawn in the unit that they are read in", () => {
  const seen = sightOf(historyOf([[0, 2e9], [10, 4e9]], { field: "memory_used", unit: "bytes" }), null, null);
  expect([seen.by, seen.drawing.mean[0], seen.drawing.most[0], seen.scale.max, seen.limit]).toEqual([1e9, 3, 4, 4, null]);
});
