import { expect, test } from "vitest";

import { drawingOf } from "./drawing";
import { every, historyOf } from "./fixture";
import { traceOf } from "./trace";

test("a small line has steps, the ceiling as its top, and no line across a gap", () => {
  const drawing = drawingOf(historyOf([...every(10, 0, 30, () => 50), ...every(10, 300, 360, () => 100)], { step: 30 }));
  expect(traceOf(drawing, 60, 20, 200)).toBe("M0.0 15.0L3.0 15.0M30.0 10.0L33.0 10.0L33.0 10.0L36.0 10.0");
});

test("a value above the ceiling becomes the top", () => {
  expect(traceOf(drawingOf(historyOf([[0, 300]], { stop: 30 })), 60, 20, 200)).toBe("M0.0 0.0L60.0 0.0");
});

test("no history is no line", () => {
  expect(traceOf(drawingOf(historyOf([])), 60, 20, 200)).toBe("");
});
