import { effect } from "@preact/signals";
import { expect, test } from "vitest";

import type { Delta } from "./link";
import { Store } from "./store";

const delta = (put: Delta["put"], more: Partial<Delta> = {}): Delta => ({
  type: "delta",
  epoch: "e",
  offset: 1,
  full: false,
  now: 0,
  put,
  gone: [],
  ...more,
});
const up = { state: "up", reason: "answered", since: 0, at: 0 };

test("followers of one key hear its changes only, once a delta", () => {
  const store = new Store();
  const seen: unknown[] = [];
  effect(() => void seen.push(store.one("endpoint", "a")?.state));
  store.apply(delta({ "endpoint/a": up, "endpoint/b": up }));
  store.apply(delta({ "endpoint/b": { ...up, state: "down" } }));
  expect(seen).toEqual([undefined, "up"]);
});

test("followers of a kind hear one change a delta", () => {
  const store = new Store();
  const sizes: number[] = [];
  effect(() => void sizes.push(store.all("endpoint").size));
  store.apply(delta({ "endpoint/a": up, "endpoint/b": up }));
  store.apply(delta({ "site/s": { name: "S", unit: "u" } }));
  store.apply(delta({}, { gone: ["endpoint/a"] }));
  expect(sizes).toEqual([0, 2, 1]);
});

test("a full picture drops what it does not name", () => {
  const store = new Store();
  store.apply(delta({ "endpoint/a": up, "endpoint/b": up }, { full: true }));
  store.apply(delta({ "endpoint/b": up }, { full: true, offset: 9 }));
  expect([...store.peek("endpoint").keys()]).toEqual(["b"]);
  expect(store.one("endpoint", "a")).toBeUndefined();
  expect(store.offset.value).toBe(9);
});

test("a measurement is no shift, a change of state is one", () => {
  const store = new Store();
  store.apply(delta({ "endpoint/a": up }));
  const before = store.shifts.value;
  store.apply(delta({ "endpoint/a": { ...up, rtt: 12, at: 5 } }));
  expect(store.shifts.value).toBe(before);
  store.apply(delta({ "endpoint/a": { ...up, state: "down" } }));
  expect(store.shifts.value).toBe(before + 1);
});

test("counts of a unit do not change the structure, its parent does", () => {
  const store = new Store();
  const unit = { name: "U", parent: "p", level: 1, counts: {} };
  store.apply(delta({ "unit/u": unit }));
  const before = store.structure.value;
  store.apply(delta({ "unit/u": { ...unit, counts: { up: 3 } } }));
  expect(store.structure.value).toBe(before);
  store.apply(delta({ "unit/u": { ...unit, parent: "q" } }));
  expect(store.structure.value).toBe(before + 1);
});

test("a key without a kind is left alone", () => {
  const store = new Store();
  store.apply(delta({ odd: { a: 1 } }));
  expect(store.filled.value).toBe(true);
});
