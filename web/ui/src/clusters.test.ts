import { expect, test } from "vitest";

import { clusters, groupOf, wrongGroups } from "./clusters";
import type { About, Live, Unit } from "./picture";

const unit = (parent: string, name = ""): Unit => ({ name, parent, level: 0, counts: {} });
const about = (unitId: string, name: string): About => ({ unit: unitId, name, system: "vc" }) as About;
const live = (state: Live["state"], since = 0): Live => ({ state, since, at: 0, reason: "", detail: "" });
const three = new Map([
  ["p", unit("", "Tỉnh")],
  ["d2", unit("p", "Huyện Ba")],
  ["d1", unit("p", "Huyện Ấn")],
  ["c1", unit("d1")],
  ["v1", unit("c1")],
]);

test("the group is the unit just below the province, however deep the tree", () => {
  expect(["v1", "c1", "d1", "p", "nowhere"].map((id) => groupOf(id, three))).toEqual(["d1", "d1", "d1", "", ""]);
});

test("a circle of parents ends", () => {
  expect(groupOf("a", new Map([["a", unit("b")], ["b", unit("a")]]))).toMatch(/^[ab]$/);
});

test("groups and cells are in the order of their names, the province's own first", () => {
  const all = new Map([
    ["3", about("c1", "Xã 10")],
    ["2", about("v1", "Xã 9")],
    ["1", about("d2", "Huyện Ba")],
    ["0", about("p", "Phòng họp")],
    ["9", { ...about("p", "Khác"), system: "net" }],
  ]);
  expect(clusters(all, three, "vc").map((each) => [each.name, each.endpoints])).toEqual([
    ["", ["0"]],
    ["Huyện Ấn", ["2", "3"]],
    ["Huyện Ba", ["1"]],
  ]);
});

test("without districts the many communes of one room each are one group", () => {
  const units = new Map<string, Unit>([["p", unit("", "Tỉnh")]]);
  const all = new Map<string, About>();
  for (let i = 0; i < 60; i += 1) {
    units.set(`x${i}`, unit("p", `Xã ${i}`));
    all.set(`e${i}`, about(`x${i}`, `Xã ${i}`));
  }
  expect(clusters(all, units, "vc").map((each) => each.endpoints.length)).toEqual([60]);
});

test("wrong groups: the worst state first, then how many; the first named is worst and longest so", () => {
  const groups = [
    { id: "a", name: "A", endpoints: ["1", "2"] },
    { id: "b", name: "B", endpoints: ["3", "4", "5"] },
    { id: "c", name: "C", endpoints: ["6"] },
  ];
  const endpoints = new Map([
    ["1", live("degraded")],
    ["2", live("off")],
    ["3", live("unreachable", 1)],
    ["4", live("down", 9)],
    ["5", live("down", 5)],
    ["6", live("up")],
  ]);
  expect(wrongGroups(groups, endpoints).map((each) => [each.cluster.id, each.wrong, each.worst, each.first])).toEqual([
    ["b", 3, "down", "5"],
    ["a", 1, "degraded", "1"],
  ]);
});
