import { expect, test } from "vitest";

import { dayLabel, magnitudeOf, scaleOf, timeLabel, timeTicks } from "./axis";

/** 24 November 2026, 14:32:07 in Viet Nam. */
const AFTERNOON = 1_795_505_527;
const labels = (seconds: number, most = 5) => timeTicks(AFTERNOON - seconds, AFTERNOON, most).map(({ label }) => label);

test.each([
  [3600, ["13:45", "14:00", "14:15", "14:30"]],
  [86400, ["18:00", "24/11", "06:00", "12:00"]],
  [7 * 86400, ["19/11", "21/11", "23/11"]],
  [365 * 86400, ["01/2026", "04/2026", "07/2026", "10/2026"]],
])("the times of %i seconds are round where people live", (seconds, expected) => {
  expect(labels(seconds)).toEqual(expected);
});

test("there are never more times than asked for", () => {
  for (const seconds of [600, 3600, 86400, 5 * 86400, 30 * 86400, 200 * 86400, 366 * 86400]) {
    for (const most of [2, 5, 9]) {
      const n = labels(seconds, most).length;
      expect([seconds, most, n <= most + 1]).toEqual([seconds, most, true]);
    }
  }
});

test("a time says as much as its bucket is long", () => {
  expect([timeLabel(AFTERNOON, 10), timeLabel(AFTERNOON, 60), timeLabel(AFTERNOON, 86400)]).toEqual([
    "14:32:07 24/11",
    "14:32 24/11",
    "24/11/2026",
  ]);
  expect(dayLabel(AFTERNOON + 9.5 * 3600)).toBe("25/11");
});

test.each([
  [0, 31.2, "ms", { min: 0, max: 40, ticks: [0, 10, 20, 30, 40] }],
  [0, 0.31, "ms", { min: 0, max: 0.4, ticks: [0, 0.1, 0.2, 0.3, 0.4] }],
  [0, 0, "ms", { min: 0, max: 0.25, ticks: [0, 0.25] }],
  [-4, 21, "°C", { min: -10, max: 30, ticks: [-10, 0, 10, 20, 30] }],
  [0, 0, "%", { min: 0, max: 5, ticks: [0, 2.5, 5] }],
  [0, 12, "%", { min: 0, max: 20, ticks: [0, 10, 20] }],
  [0, 100, "%", { min: 0, max: 100, ticks: [0, 50, 100] }],
  [0, 180, "%", { min: 0, max: 200, ticks: [0, 50, 100, 150, 200] }],
])("an axis for %d to %d %s", (least, most, unit, expected) => {
  expect(scaleOf(least, most, unit)).toEqual(expected);
});

test("every axis holds its numbers with two to seven ticks", () => {
  for (let exponent = -6; exponent < 13; exponent += 1) {
    for (const digit of [1, 1.7, 2.3, 3.9, 6.1, 9.99]) {
      const most = digit * 10 ** exponent;
      const { max, ticks } = scaleOf(0, most, "");
      expect([most, max >= most, ticks.length >= 2 && ticks.length <= 7]).toEqual([most, true, true]);
    }
  }
});

test.each([
  ["bit/s", 12_300_000, { by: 1e6, unit: "Mbit/s" }],
  ["bytes", 3.4e9, { by: 1e9, unit: "GB" }],
  ["bytes", 12, { by: 1, unit: "B" }],
  ["s", 30 * 86400, { by: 86400, unit: "d" }],
  ["s", 90, { by: 1, unit: "s" }],
  ["ms", 9e9, { by: 1, unit: "ms" }],
  ["", 5, { by: 1, unit: "" }],
])("%s up to %d", (unit, most, expected) => {
  expect(magnitudeOf(unit, most)).toEqual(expected);
});
