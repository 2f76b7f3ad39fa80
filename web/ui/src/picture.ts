/** The values of the operating picture, as the service sends them (docs/architecture.md). */

export const STATES = ["down", "unreachable", "degraded", "unknown", "maintenance", "off", "up"] as const;
/** Worst first. */
export type State = (typeof STATES)[number];

/** States that need a person. */
export const WRONG: readonly State[] = ["down", "unreachable", "degraded", "unknown"];

export type Counts = Partial<Record<State, number>>;

export interface Owner {
  name?: string;
  phone?: string;
  carrier?: string;
  circuit?: string;
  hotline?: string;
}

export interface About {
  name: string;
  kind: string;
  system: string;
  unit: string;
  site: string;
  parent: string;
  address: string;
  expected: string;
  critical: boolean;
  owner: Owner;
}

export interface Live {
  state: State;
  since: number;
  at: number;
  reason: string;
  detail: string;
  rtt?: number;
  loss?: number;
}

export interface Unit {
  name: string;
  parent: string;
  level: number;
  counts: Counts;
}

export interface Site {
  name: string;
  unit: string;
  owner?: Owner;
}

export interface System {
  name: string;
  counts: Counts;
  total: number;
  at: number;
  every: number;
}

export type Severity = "critical" | "warning" | "info";

export interface Told {
  state: "owed" | "told" | "failing";
  at: number;
  attempts: number;
  name?: string;
}

export interface Incident {
  id: number | string;
  status: "open" | "closed";
  severity: Severity;
  title: string;
  rule: string;
  root: string;
  cause: { subject: string; state: State; reason: string };
  /** when the outage began, which is before it was told */
  began?: number;
  opened: number;
  closed: number | null;
  members: number;
  peak: number;
  sample_members: string[];
  unit: string;
  unit_name: string;
  site: string;
  site_name?: string;
  owner: string;
  phone: string;
  carrier: string;
  circuit: string;
  hotline: string;
  next_action: string;
  runbook: string;
  acknowledged: { by: string; at: number; note: string } | null;
  unrecorded: boolean;
  told: Record<string, Told>;
  next: string;
  /** when that comes by itself, null while nothing does */
  next_at?: number | null;
  /** whom it will tell, by name */
  next_to?: string[];
  next_because?: string;
  /** where the chain stands: the step told last (0: none yet) */
  step?: Step | null;
  /** who was given it to see to */
  assigned?: string;
  remarks?: Remark[];
  /** which silence holds it, if one does */
  silenced_by?: string;
  /** why nobody was told, if nobody was */
  untold?: string;
  /** when the newest decision about it was made: what an acknowledgement has seen */
  decided?: number;
  flapping?: boolean;
  /** the incident that this one was joined to */
  joined?: number | null;
  /** a silence or maintenance holds it */
  silenced: boolean;
}

export interface Step {
  chain: string;
  told: number;
  of: number;
  round: number;
}

export interface Remark {
  by: string;
  at: number;
  text: string;
}

export interface Person {
  id: string;
  name: string;
  phone: string;
}

/** One schedule: who is on call, and until when (null while nobody takes over). */
export interface OnCall {
  name: string;
  people: Person[];
  until: number | null;
}

/** A matcher as Alertmanager writes it. */
export interface Matcher {
  name: string;
  value: string;
  isRegex?: boolean;
  isEqual?: boolean;
}

export interface Silence {
  matchers: Matcher[];
  start: number;
  end: number;
  reason: string;
  by: string;
  state: "active" | "pending" | "expired";
}

export type ScopeKind = "endpoint" | "site" | "unit";

export interface Maintenance {
  scope: { kind: ScopeKind; id: string };
  start: number;
  end: number;
  reason: string;
  by: string;
}

/** What the service says of itself under `self/`. */
export interface Self {
  history: {
    state: "ok" | "away" | "failing" | "off";
    since: number;
    detail: string;
    waiting: number;
    dropped: number;
    losing?: number;
  };
  ledger: { state: "ok" | "failing"; since: number; detail: string };
  uplink: { state: "ok" | "down"; since: number };
  config: { state: "ok" | "refused"; at: number; faults: string[] };
  deliveries: { owed: number; oldest: number | null; failing: string[] };
  clock: { skew: number };
}

export type Value = Record<string, unknown>;
