import { expect, test } from "vitest";

import { isOver, pointsOf, SPANS, stretchOf } from "./span";

const NOW = 1_000_000_000.7;

test("a span ends now", () => {
  expect(stretchOf({ span: "1h" }, NOW)).toEqual({ start: 999_996_400, stop: 1_000_000_000 });
  expect(stretchOf({ span: "1y" }, NOW).stop - stretchOf({ span: "1y" }, NOW).start).toBe(365 * 86400);
});

test("around a moment is half an hour on both sides, as far as there is any", () => {
  expect(stretchOf({ around: NOW - 7200 }, NOW)).toEqual({ start: 999_991_000, stop: 999_994_600 });
  expect(stretchOf({ around: NOW - 300 }, NOW)).toEqual({ start: 999_997_900, stop: 1_000_000_000 });
  expect(stretchOf({ around: NOW + 50 }, NOW).stop).toBe(1_000_000_110);
});

test("what is around a past moment does not change any more", () => {
  expect([isOver({ around: NOW - 300 }, NOW), isOver({ around: NOW - 7200 }, NOW), isOver({ span: "1h" }, NOW)]).toEqual([
    false,
    true,
    false,
  ]);
});

test("no span asks for more than the service gives", () => {
  for (const span of SPANS) expect(pointsOf({ span })).toBeLessThanOrEqual(2000);
});
