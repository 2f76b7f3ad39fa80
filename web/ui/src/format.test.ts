import { expect, test } from "vitest";

import { age, ageShort, clockTime, day, hourOfDay, measured, moment, phone, setMoment, whole } from "./format";
import { words } from "./i18n";

const vi = words("vi");
const en = words("en");
/** 24 November 2026, 14:32:07 in Viet Nam */
const AT = 1795505527;

test.each([
  [0, "0 giây", "0 s"],
  [59.9, "59 giây", "59 s"],
  [60, "1 phút 00 giây", "1 min 00 s"],
  [754, "12 phút 34 giây", "12 min 34 s"],
  [3600, "1 giờ 00 phút", "1 h 00 min"],
  [86399, "23 giờ 59 phút", "23 h 59 min"],
  [93600, "1 ngày 2 giờ", "1 d 2 h"],
  [-3, "0 giây", "0 s"],
])("%d seconds", (seconds, inVietnamese, inEnglish) => {
  expect(age(seconds, vi)).toBe(inVietnamese);
  expect(age(seconds, en)).toBe(inEnglish);
});

test("a short age has one part", () => {
  expect([59, 60, 3600, 90000].map((each) => ageShort(each, vi))).toEqual(["59 giây", "1 phút", "1 giờ", "1 ngày"]);
});

test("the clock is Viet Nam's wherever the screen's is", () => {
  expect(clockTime(AT)).toBe("14:32:07");
  expect(hourOfDay(AT)).toBeCloseTo(14.533, 2);
  expect(day(AT, "vi")).toMatch(/Thứ Ba.*24\/11$/);
  expect(day(AT, "en")).toMatch(/Tuesday.*24\/11$/);
});

test("a moment of another day says which", () => {
  expect(moment(AT - 60, AT)).toBe("14:31");
  expect(moment(AT - 86400, AT)).toBe("14:32 23/11");
});

test("what was set to a minute is that minute, whatever the clocks differ by", () => {
  const six = AT - 7 - 32 * 60;
  expect([six - 0.4, six, six + 0.4].map((each) => setMoment(each, AT))).toEqual(["14:00", "14:00", "14:00"]);
});

test("figures are grouped as the language does", () => {
  expect([whole(1218, "vi"), whole(1218, "en")]).toEqual(["1.218", "1,218"]);
  expect([measured(2.34, "vi"), measured(2.34, "en"), measured(482.4, "vi")]).toEqual(["2,3", "2.3", "482"]);
});

test("phone numbers are grouped for reading aloud; others are left alone", () => {
  expect(["0912345678", "+84912345678", "18001260", "0237 000 0001", "nội bộ 12"].map(phone)).toEqual([
    "091 234 5678",
    "+84 91 234 5678",
    "1800 1260",
    "0237 000 0001",
    "nội bộ 12",
  ]);
});
