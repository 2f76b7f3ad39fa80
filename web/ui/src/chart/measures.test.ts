import { expect, test } from "vitest";

import { arranged, MOST } from "./measures";

const of = (text: string) => text.split(" ").map((each) => ({ source: each.split(".")[0]!, field: each.split(".")[1]!, unit: "" }));
const names = (measures: { source: string; field: string }[]) => measures.map((each) => `${each.source}.${each.field}`).join(" ");

test("round trip and loss stand first, the rest by source and field", () => {
  const { first, rest, more, sources } = arranged(of("snmp.uptime sip.loss snmp.cpu sip.rtt sip.jitter"));
  expect([names(first), names(rest), more, sources]).toEqual(["sip.rtt sip.loss", "sip.jitter snmp.cpu snmp.uptime", 0, 2]);
});

test("a second source's round trip is one of the rest, and an endpoint may have neither", () => {
  expect(names(arranged(of("sip.rtt icmp.rtt icmp.loss")).first)).toBe("icmp.rtt icmp.loss");
  expect(arranged(of("snmp.cpu")).first).toEqual([]);
  expect(arranged([])).toEqual({ first: [], rest: [], more: 0, sources: 0 });
});

test("too many are counted, not shown", () => {
  const many = Array.from({ length: 40 }, (_, i) => `s.f${i}`).join(" ");
  const { rest, more } = arranged(of(many));
  expect([rest.length, more]).toEqual([MOST, 40 - MOST]);
});
