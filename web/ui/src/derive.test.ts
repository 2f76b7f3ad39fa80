import { expect, test } from "vitest";

import { bands, expected, face, poorness, staleness, sum, total, troubles, urgent, verdict, worst } from "./derive";
import type { Counts, Incident, Live, System } from "./picture";

const system = (counts: Counts, more: Partial<System> = {}): System => ({
  name: "S",
  counts,
  total: total(counts),
  at: 100,
  every: 10,
  ...more,
});
const incident = (id: number, more: Partial<Incident> = {}): Incident =>
  ({ id, status: "open", severity: "critical", opened: id, members: 1, acknowledged: null, silenced: false, ...more }) as Incident;
const ids = (incidents: Incident[]) =>
  urgent(new Map(incidents.map((each) => [String(each.id), each]))).map((each) => each.id);

test("what is off or in maintenance is not expected to be up", () => {
  expect(expected({ up: 5, down: 1, off: 3, maintenance: 1 })).toBe(6);
  expect(sum([{ up: 1, down: 1 }, { up: 2 }])).toEqual({ up: 3, down: 1 });
  expect(worst({ up: 5, degraded: 1 })).toBe("degraded");
  expect(worst({})).toBe("up");
  expect([face({ off: 4, up: 1 }), face({ off: 4 }), face({ up: 9, unknown: 1 })]).toEqual(["up", "off", "unknown"]);
});

test("data is stale after three intervals, not at three", () => {
  expect(staleness(system({ up: 1 }), 130)).toBeNull();
  expect(staleness(system({ up: 1 }), 130.1)).toBeCloseTo(30.1);
  expect(staleness(system({ up: 1 }, { at: 0 }), 130)).toBe(Infinity);
});

test("stale systems come first, then the worst state, then how many", () => {
  const systems = new Map([
    ["well", system({ up: 9 })],
    ["one", system({ down: 1, up: 9 })],
    ["two", system({ down: 2, up: 9 })],
    ["old", system({ up: 9 }, { at: 10 })],
  ]);
  expect(bands(systems, 110).map((band) => band.id)).toEqual(["old", "two", "one", "well"]);
});

test("the most urgent incident is no planned work, critical, not taken, large, old; closed and joined ones are none", () => {
  expect(
    ids([
      incident(1, { severity: "warning" }),
      incident(2, { acknowledged: { by: "A", at: 0, note: "" } }),
      incident(3, { silenced: true }),
      incident(4),
      incident(5, { members: 40 }),
      incident(6),
      incident(7, { status: "closed" }),
      incident(8, { joined: 5 }),
    ]),
  ).toEqual([5, 4, 6, 2, 1, 3]);
});

test("an incident under maintenance does not make the wall shout", () => {
  const systems = bands(new Map([["vc", system({ up: 9, maintenance: 1 }, { at: 10 })]]), 11);
  const said = verdict(systems, [incident(1, { silenced: true })], undefined, 11);
  expect([said.level, said.criticals, said.warnings]).toEqual(["calm", 0, 0]);
});

test.each([
  ["calm", [system({ up: 3, off: 2 })], [], "ok"],
  ["watching", [system({ up: 3, down: 1 })], [], "ok"],
  ["held", [system({ up: 3, down: 1 })], [incident(1, { silenced: true })], "ok"],
  ["watching", [system({ up: 3, down: 2 })], [incident(1, { silenced: true })], "ok"],
  ["warning", [system({ up: 3, down: 1 })], [incident(1, { severity: "warning" })], "ok"],
  ["critical", [system({ up: 3, down: 1 })], [incident(1)], "ok"],
  ["stale", [system({ up: 3 }, { at: 1 })], [incident(1, { severity: "warning" })], "ok"],
  ["critical", [system({ up: 3 }, { at: 1 })], [incident(1)], "ok"],
  ["blind", [system({ unknown: 3 })], [incident(1)], "down"],
  ["empty", [], [], "ok"],
] as const)("the sentence is %s", (level, systems, incidents, uplink) => {
  const all = new Map(systems.map((each, i) => [String(i), each]));
  expect(verdict(bands(all, 105), [...incidents], { state: uplink, since: 0 }, 105).level).toBe(level);
});

test("troubles are said only while they last, the worst first", () => {
  expect(troubles({ uplink: { state: "ok", since: 0 }, history: { state: "off" } as never })).toEqual([]);
  const found = troubles({
    history: { state: "away", since: 5, detail: "", waiting: 7, dropped: 1 },
    uplink: { state: "down", since: 3 },
    config: { state: "refused", at: 9, faults: ["a.yaml:3: bad"] },
    clock: { skew: -3.2 },
  });
  expect(found.map((each) => each.key)).toEqual(["uplink", "history", "config", "clock"]);
  expect(found[1]).toEqual({ key: "history", since: 5, values: { waiting: 7, dropped: 1 } });
});

test("history that is not kept on disk, or given up, is a trouble of its own", () => {
  const history = { state: "failing", since: 4, detail: "", waiting: 0, dropped: 0, losing: 0 } as const;
  expect(troubles({ history })).toEqual([{ key: "spool", since: 4, values: { losing: 0 } }]);
  const away = { ...history, state: "away", dropped: 9, losing: 9 } as const;
  expect(troubles({ history: away }).map((each) => each.key)).toEqual(["history", "spool"]);
  expect(troubles({ history: { ...away, state: "ok" } })).toEqual([
    { key: "spool", since: null, values: { losing: 9 } },
  ]);
});

test("a line is as poor as its worse measurement, and only while it answers", () => {
  const limits = { rtt: 300, loss: 1 };
  const live = (more: Partial<Live>): Live => ({ state: "up", since: 0, at: 0, reason: "", detail: "", ...more });
  expect(poorness(live({ rtt: 150, loss: 100 }), 2, limits)).toBe(2);
  expect(poorness(live({ rtt: 150, loss: 100 }), null, limits)).toBe(0.5);
  expect(poorness(live({}), null, limits)).toBeNull();
  expect(poorness(live({ state: "down", rtt: 900 }), 0, limits)).toBeNull();
});
