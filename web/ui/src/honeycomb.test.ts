import { expect, test } from "vitest";

import { arrange } from "./honeycomb";

const frame = { width: 1220, height: 790, label: 38, name: 200 };

test("every cell lies in the frame, below its label, and touches no other", () => {
  const sizes = [14, 22, 18, 15, 21, 24, 38, 11, 9, 25, 22, 15, 17, 30, 16, 13, 27, 26, 26, 31, 17, 35, 14, 27, 12, 35, 8, 32];
  const comb = arrange(sizes, frame);
  expect(comb.slots.map((slot) => slot.cells.length)).toEqual(sizes);
  const cells = comb.slots.flatMap((slot) => slot.cells.map((cell) => ({ x: slot.x + cell.x, y: slot.y + cell.y, slot })));
  for (const cell of cells) {
    expect(cell.x + comb.radius).toBeLessThanOrEqual(frame.width + 1);
    expect(cell.y + comb.radius).toBeLessThanOrEqual(frame.height + 1);
    expect(cell.y - comb.radius).toBeGreaterThanOrEqual(cell.slot.y + frame.label - 1);
  }
  let nearest = Infinity;
  cells.forEach((a, i) => {
    for (const b of cells.slice(i + 1)) nearest = Math.min(nearest, Math.hypot(a.x - b.x, a.y - b.y));
  });
  expect(nearest).toBeGreaterThan(Math.sqrt(3) * comb.radius - 0.01);
});

test("six hundred cells on a wall are large enough to be seen", () => {
  expect(arrange(Array(27).fill(22), frame).radius).toBeGreaterThan(12);
});

test("one group fills the frame", () => {
  expect(arrange([600], frame).radius).toBeGreaterThan(15);
});

test("nothing to show, or nowhere to show it, is an empty comb", () => {
  expect(arrange([], frame)).toEqual({ radius: 0, slots: [] });
  expect(arrange([5], { ...frame, width: 0 })).toEqual({ radius: 0, slots: [] });
  expect(arrange([5], { ...frame, height: 20 })).toEqual({ radius: 0, slots: [] });
});
