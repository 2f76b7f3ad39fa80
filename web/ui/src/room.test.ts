import { expect, test } from "vitest";

import { drift, isNight, typeFor } from "./room";
import { after, cycleOf, openedOf, sceneOf, withParameter } from "./scene";

test("a capital of the smallest text is a two-hundredth of the distance high", () => {
  const { unit, tooSmall } = typeFor({ distance_m: 8, screen_height_m: 2.05 });
  expect((unit / 100) * 2.05 * 0.73).toBeCloseTo(8 / 200);
  expect(tooSmall).toBe(false);
});

test("a screen too small for its room is held at the largest unit and says so", () => {
  expect(typeFor({ distance_m: 8, screen_height_m: 1 })).toEqual({ unit: 3.1, tooSmall: true });
  expect(typeFor({ distance_m: 1, screen_height_m: 2 })).toEqual({ unit: 2.2, tooSmall: false });
  expect(typeFor(null).tooSmall).toBe(false);
});

test("night is from 22:00 to 5:30 in Viet Nam", () => {
  const noon = 1795496400; // 12:00
  const at = (hour: number) => isNight(noon + (hour - 12) * 3600);
  expect([21.99, 22, 29.4, 29.51].map(at)).toEqual([false, true, true, false]);
});

test("the picture walks a few pixels, one step a minute, and comes back", () => {
  const steps = Array.from({ length: 8 }, (_, minute) => drift(minute * 60));
  expect(new Set(steps.map(({ x, y }) => `${x},${y}`)).size).toBe(8);
  for (const { x, y } of steps) expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThanOrEqual(3);
  expect(drift(0)).toEqual(drift(59));
  expect(drift(0)).toEqual(drift(480));
});

test("a page's link opens its incident, and nothing else is opened", () => {
  expect(["#endpoint/vc-h10-x07", "#endpoint/a.b_C"].map(openedOf)).toEqual(["endpoint/vc-h10-x07", "endpoint/a.b_C"]);
  expect(["#endpoint/", "#endpoint/a/b", "#endpoint/%00"].map(openedOf)).toEqual([null, null, null]);
  expect(["#incident/7", "", "#incident/", "#incident/7x", "#x"].map(openedOf)).toEqual(["incident/7", null, null, null, null]);
});

test("the address chooses scene and cycle", () => {
  expect([sceneOf(""), sceneOf("?scene=conference"), sceneOf("?scene=no")]).toEqual(["overview", "conference", "overview"]);
  expect([cycleOf(""), cycleOf("?cycle=30"), cycleOf("?cycle=1"), cycleOf("?cycle=x")]).toEqual([null, 30, 5, null]);
  expect([after("overview"), after("conference")]).toEqual(["alerts", "overview"]);
  expect(withParameter("?lang=en&cycle=30", "lang", null)).toBe("?cycle=30");
});
