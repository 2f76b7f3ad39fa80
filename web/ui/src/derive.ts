/** What follows from the picture. Pure: `now` is the server's time in seconds. */

import {
  STATES,
  WRONG,
  type Counts,
  type Incident,
  type Live,
  type Self,
  type Severity,
  type State,
  type System,
} from "./picture";

/** Samples older than this many intervals say nothing of now. */
const STALE_INTERVALS = 3;
const SEVERITIES: readonly Severity[] = ["critical", "warning", "info"];

/** Where a state stands, the worst being 0. */
export function rank(state: State): number {
  return STATES.indexOf(state);
}

/** Counts by state added up. */
export function sum(parts: Iterable<Counts>): Counts {
  const out: Counts = {};
  for (const counts of parts) {
    for (const state of STATES) {
      const n = counts[state] ?? 0;
      if (n) out[state] = (out[state] ?? 0) + n;
    }
  }
  return out;
}

/** How many there are in some states, by default in any. */
export function total(counts: Counts, states: readonly State[] = STATES): number {
  return states.reduce((n, state) => n + (counts[state] ?? 0), 0);
}

/** How many should be up now: neither off as planned nor in maintenance. */
export function expected(counts: Counts): number {
  return total(counts) - (counts.off ?? 0) - (counts.maintenance ?? 0);
}

/** The worst state that occurs; `up` when there is nothing. */
export function worst(counts: Counts): State {
  return STATES.find((state) => (counts[state] ?? 0) > 0) ?? "up";
}

/** Seconds since a system's last sample when that is too old, else null; Infinity when there was none. */
export function staleness(system: System, now: number): number | null {
  if (!system.at) return total(system.counts) ? Infinity : null;
  const old = now - system.at;
  return old > STALE_INTERVALS * system.every ? old : null;
}

/** The one state that stands for all: the worst that needs a person, else that of those that are up. */
export function face(counts: Counts): State {
  const state = worst(counts);
  return !WRONG.includes(state) && counts.up ? "up" : state;
}

export interface Band {
  id: string;
  system: System;
  stale: number | null;
}

/** Every system, the worst first: stale ones, then by worst state, by how many are wrong, by name. */
export function bands(systems: ReadonlyMap<string, System>, now: number): Band[] {
  const out = [...systems].map(([id, system]) => ({ id, system, stale: staleness(system, now) }));
  return out.sort((a, b) => compareBands(a, b) || a.system.name.localeCompare(b.system.name, "vi"));
}

function compareBands(a: Band, b: Band): number {
  return (
    Number(b.stale !== null) - Number(a.stale !== null) ||
    rank(face(a.system.counts)) - rank(face(b.system.counts)) ||
    total(b.system.counts, WRONG) - total(a.system.counts, WRONG)
  );
}

/** Open incidents, the most urgent first: not under maintenance, severity, nobody on it, members, oldest. */
export function urgent(incidents: ReadonlyMap<string, Incident>): Incident[] {
  return [...incidents.values()].filter((each) => each.status === "open" && !each.joined).sort(compareIncidents);
}

function compareIncidents(a: Incident, b: Incident): number {
  return (
    Number(a.silenced) - Number(b.silenced) ||
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    Number(Boolean(a.acknowledged)) - Number(Boolean(b.acknowledged)) ||
    b.members - a.members ||
    a.opened - b.opened
  );
}

export type Level = "empty" | "blind" | "stale" | "critical" | "warning" | "watching" | "held" | "calm";

export interface Verdict {
  level: Level;
  criticals: number;
  warnings: number;
  /** incidents that nobody is told of, under a silence or maintenance */
  held: number;
  counts: Counts;
  /** seconds since the newest sample of any system; null when there is none */
  fresh: number | null;
}

/** The one sentence of the wall: what the worst of all this is. */
export function verdict(
  systems: Band[],
  incidents: Incident[],
  uplink: Self["uplink"] | undefined,
  now: number,
): Verdict {
  const counts = sum(systems.map((band) => band.system.counts));
  const told = incidents.filter((each) => !each.silenced);
  const held = incidents.filter((each) => each.silenced);
  const criticals = told.filter((each) => each.severity === "critical").length;
  const warnings = told.filter((each) => each.severity === "warning").length;
  const newest = Math.max(0, ...systems.map((band) => band.system.at || 0));
  const fresh = newest ? Math.max(0, now - newest) : null;
  return { level: levelOf(), criticals, warnings, held: held.length, counts, fresh };

  function levelOf(): Level {
    if (uplink?.state === "down") return "blind";
    if (criticals) return "critical";
    if (total(counts) && systems.some((band) => band.stale !== null)) return "stale";
    if (warnings) return "warning";
    if (total(counts, WRONG) > held.reduce((n, each) => n + each.members, 0)) return "watching";
    if (total(counts, WRONG)) return "held";
    return total(counts) ? "calm" : "empty";
  }
}

export type TroubleKey = "uplink" | "ledger" | "history" | "spool" | "deliveries" | "config" | "clock" | "viewing";

export interface Trouble {
  key: TroubleKey;
  /** null when it has no beginning that matters */
  since: number | null;
  values: Record<string, string | number>;
}

/** What is wrong with the service itself, the worst first. */
export function troubles(self: Partial<Self>): Trouble[] {
  const { uplink, ledger, history, deliveries, config, clock } = self;
  const out: Trouble[] = [];
  if (uplink?.state === "down") out.push({ key: "uplink", since: uplink.since, values: {} });
  if (ledger?.state === "failing") out.push({ key: "ledger", since: ledger.since, values: {} });
  if (deliveries?.failing?.length) {
    const values = { owed: deliveries.owed, failing: deliveries.failing.join(", ") };
    out.push({ key: "deliveries", since: deliveries.oldest ?? null, values });
  }
  if (history?.state === "away") {
    const values = { waiting: history.waiting ?? 0, dropped: history.dropped ?? 0 };
    out.push({ key: "history", since: history.since, values });
  }
  if (history && (history.state === "failing" || (history.losing ?? 0) > 0)) {
    const since = history.state === "failing" ? history.since : null;
    out.push({ key: "spool", since, values: { losing: history.losing ?? 0 } });
  }
  if (config?.state === "refused") {
    out.push({ key: "config", since: config.at, values: { first: config.faults[0] ?? "" } });
  }
  if (clock && Math.abs(clock.skew) > 1) {
    out.push({ key: "clock", since: null, values: { skew: Math.round(clock.skew) } });
  }
  return out;
}

/** What a measurement may be before it counts as poor: round trip in ms, loss in percent. */
export interface Limits {
  rtt: number;
  loss: number;
}

/** ITU-T G.114: 150 ms one way, so 300 ms there and back; above 3% of lost packets video is bad. */
export const LIMITS: Limits = { rtt: 300, loss: 3 };

/** How poor a line is, 1 being the limit, given its loss over the last probes; null when nothing was measured. */
export function poorness(live: Live, loss: number | null, limits: Limits): number | null {
  if (live.state !== "up" && live.state !== "degraded") return null;
  if (live.rtt === undefined && loss === null) return null;
  return Math.max((live.rtt ?? 0) / limits.rtt, (loss ?? 0) / limits.loss);
}
