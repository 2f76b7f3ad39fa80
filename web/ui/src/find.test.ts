import { expect, test } from "vitest";

import { matching, plain } from "./find";
import type { About, Unit } from "./picture";

const about = new Map(
  [
    ["vc-1", "Điểm cầu Xã Vĩnh Lộc", "u1"],
    ["vc-10", "Điểm cầu 10 Phường Đông Sơn", "u2"],
    ["vc-2", "Điểm cầu 2 Phường Đông Sơn", "u2"],
  ].map(([id, name, unit]) => [id!, { name, unit } as About]),
);
const units = new Map([["u2", { name: "Thành phố Thanh Hóa" } as Unit]]);
const find = (typed: string) => matching(typed, about, units);

test("marks and capitals need not be typed, and may be", () => {
  expect(plain("Điểm cầu Ặn, ĐƯỜNG")).toBe("diem cau an, duong");
  expect([find("vinh loc"), find("VĨNH LỘC"), find("dong son")]).toEqual([["vc-1"], ["vc-1"], ["vc-2", "vc-10"]]);
});

test("every word must be held, by the name, the unit or the id, in any order", () => {
  expect([find("son thanh hoa"), find("vc-10"), find("loc thanh hoa")]).toEqual([["vc-2", "vc-10"], ["vc-10"], []]);
});

test("nothing typed finds nothing", () => {
  expect([find(""), find("  ")]).toEqual([[], []]);
});
