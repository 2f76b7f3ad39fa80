import { expect, test } from "vitest";

import { comingOf, onCallOf, quietOf, stepOf, toldOf } from "./coming";
import { words } from "./i18n";
import type { Incident, OnCall, Silence } from "./picture";

const vi = words("vi");
const en = words("en");
const incident = {
  status: "open",
  silenced: false,
  acknowledged: null,
  next: "awaits_acknowledgement",
  next_at: 1200,
  next_to: ["Phạm Quang Hùng"],
  next_because: "step_due",
  step: { chain: "lead", told: 1, of: 3, round: 1 },
} as unknown as Incident;

test("what comes next is counted down, and names whom it tells", () => {
  expect(comingOf(incident, 1000, vi)).toBe("báo Phạm Quang Hùng sau 3 phút 20 giây");
  expect(comingOf(incident, 1200, vi)).toBe("báo Phạm Quang Hùng ngay bây giờ");
  const two = { ...incident, next_to: ["An", "Bình", "Chi"] };
  expect(comingOf(two, 1170, en)).toBe("tells An and 2 others in 30 s");
  expect(comingOf({ ...incident, next_to: [] }, 1170, vi)).toBe("báo (không tìm được ai) sau 30 giây");
});

test("each reason has its words, and one that is not known is a step", () => {
  expect(comingOf({ ...incident, next_because: "reminder_due" }, 1170, vi)).toBe("nhắc lại Phạm Quang Hùng sau 30 giây");
  expect(comingOf({ ...incident, next_because: "newer_code" }, 1170, vi)).toBe("báo Phạm Quang Hùng sau 30 giây");
});

test("what waits for a person says so, and what is silenced tells nobody", () => {
  expect(comingOf({ ...incident, next_at: null }, 1000, vi)).toBe("chờ người tiếp nhận");
  expect(comingOf({ ...incident, silenced: true }, 1000, vi)).toBe("đang tắt báo: không báo ai");
});

test("the step is said while the chain climbs", () => {
  expect(stepOf(incident, vi)).toBe("bước 1/3");
  expect(stepOf({ ...incident, step: { chain: "lead", told: 2, of: 3, round: 2 } }, vi)).toBe("bước 2/3, vòng 2");
  expect(stepOf({ ...incident, acknowledged: { by: "An", at: 0, note: "" } }, vi)).toBe("");
  expect(stepOf({ ...incident, step: null }, vi)).toBe("");
});

test("schedules stand in the order of their names", () => {
  const named = (name: string): OnCall => ({ name, people: [], until: null });
  const all = new Map([["b", named("Trực mạng")], ["a", named("Trực IOC")]]);
  expect(onCallOf(all).map(([id]) => id)).toEqual(["a", "b"]);
});

test("a silence is said with whose it is and until when, maintenance by its name", () => {
  const silence = { matchers: [], start: 0, end: 1795510800, reason: "", by: "Lê Thị Mai", state: "active" } as Silence;
  const held = { ...incident, silenced: true };
  expect(quietOf(held, silence, 1795505527, 1795505527, vi)).toBe("Lê Thị Mai tắt báo đến 16:00");
  expect(quietOf(held, undefined, 1795505527, 1795505527, vi)).toBe("đang bảo trì");
  expect(quietOf(incident, silence, 1795505527, 1795505527, vi)).toBe("");
});

test("people who were told have names; receivers and who is only owed are left out", () => {
  const at = { at: 0, attempts: 1 };
  const told = {
    oncall: { state: "told", name: "oncall", ...at },
    "person:an": { state: "told", name: "Nguyễn Văn An", ...at },
    "person:chi": { state: "owed", name: "Lê Thị Chi", ...at },
  } as const;
  expect(toldOf({ ...incident, told })).toEqual(["Nguyễn Văn An"]);
});
