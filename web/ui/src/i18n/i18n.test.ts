import { expect, test } from "vitest";

import { en } from "./en";
import { known, languageOf, words, type Key } from ".";
import { vi } from "./vi";

const names = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))].sort();

test("both catalogues fill in the same values in every sentence", () => {
  for (const key of Object.keys(vi) as Key[]) {
    for (const form of en[key].split("|")) expect([key, names(form)]).toEqual([key, names(vi[key])]);
  }
});

test("only reasons that need no word are empty", () => {
  const empty = (Object.keys(vi) as Key[]).filter((key) => !vi[key] || !en[key]);
  expect(empty).toEqual(["reason.none"]);
});

test("English has one and many, Vietnamese one form", () => {
  expect([words("en")("verdict.warning", { n: 1 }), words("en")("verdict.warning", { n: 2 })]).toEqual([
    "1 warning",
    "2 warnings",
  ]);
  expect(words("vi")("verdict.warning", { n: 2 })).toBe("2 cảnh báo");
});

test("a value that is missing stays visible", () => {
  expect(words("vi")("updated")).toBe("cập nhật {age} trước");
});

test("codes that the catalogue does not have yet fall back", () => {
  expect(known("reason.refused", "reason.none")).toBe("reason.refused");
  expect(known("reason.brand_new", "reason.none")).toBe("reason.none");
});

test("Vietnamese unless English is asked for", () => {
  expect(["", "?lang=en", "?lang=fr", "?scene=x&lang=en"].map(languageOf)).toEqual(["vi", "en", "vi", "en"]);
});
