/** Endpoints gathered under the unit that people speak of: the one just below the province. Pure. */

import { rank } from "./derive";
import { WRONG, type About, type Counts, type Live, type State, type Unit } from "./picture";

/** More groups than this cannot be told apart from a chair; groups of one are pooled then. */
const MOST = 48;

export interface Cluster {
  /** the unit's id; "" is the pool of what stands directly under the province */
  id: string;
  name: string;
  endpoints: string[];
}

/** The ancestor of a unit just below the root, or the unit itself when it has none. */
export function groupOf(unit: string, units: ReadonlyMap<string, Unit>): string {
  let here = unit;
  for (let steps = 0; steps < 16; steps += 1) {
    const parent = units.get(here)?.parent;
    if (!parent || !units.get(parent)?.parent) break;
    here = parent;
  }
  return units.get(here)?.parent ? here : "";
}

/** The endpoints of one system by group, both by name, so that a cell never moves while nothing is added. */
export function clusters(
  about: ReadonlyMap<string, About>,
  units: ReadonlyMap<string, Unit>,
  system: string,
): Cluster[] {
  const groups = new Map<string, string[]>();
  for (const [id, each] of about) {
    if (each.system !== system) continue;
    const group = groupOf(each.unit, units);
    const members = groups.get(group);
    if (members) members.push(id);
    else groups.set(group, [id]);
  }
  const pooled = groups.size > MOST ? pool(groups) : groups;
  const name = (id: string) => about.get(id)?.name ?? id;
  return [...pooled]
    .map(([id, endpoints]) => ({
      id,
      name: units.get(id)?.name ?? "",
      endpoints: endpoints.sort((a, b) => collator.compare(name(a), name(b)) || collator.compare(a, b)),
    }))
    .sort((a, b) => Number(a.id !== "") - Number(b.id !== "") || collator.compare(a.name, b.name));
}

const collator = new Intl.Collator("vi", { numeric: true });

function pool(groups: Map<string, string[]>): Map<string, string[]> {
  const out = new Map<string, string[]>();
  const rest: string[] = [];
  for (const [id, endpoints] of groups) {
    if (id === "" || endpoints.length === 1) rest.push(...endpoints);
    else out.set(id, endpoints);
  }
  return rest.length ? out.set("", rest) : out;
}

export interface WrongGroup {
  cluster: Cluster;
  counts: Counts;
  wrong: number;
  worst: State;
  /** the one to speak of: worst, then longest so */
  first: string;
  since: number;
}

/** The groups with anything wrong, the most urgent first. */
export function wrongGroups(all: Cluster[], endpoints: ReadonlyMap<string, Live>): WrongGroup[] {
  const out: WrongGroup[] = [];
  for (const cluster of all) {
    const group = wrongIn(cluster, endpoints);
    if (group) out.push(group);
  }
  return out.sort((a, b) => rank(a.worst) - rank(b.worst) || b.wrong - a.wrong || a.since - b.since);
}

function wrongIn(cluster: Cluster, endpoints: ReadonlyMap<string, Live>): WrongGroup | null {
  const counts: Counts = {};
  let first: { id: string; live: Live } | null = null;
  let wrong = 0;
  for (const id of cluster.endpoints) {
    const live = endpoints.get(id);
    if (!live || !WRONG.includes(live.state)) continue;
    wrong += 1;
    counts[live.state] = (counts[live.state] ?? 0) + 1;
    if (!first || before(live, first.live)) first = { id, live };
  }
  if (!first) return null;
  const { id, live } = first;
  return { cluster, counts, wrong, worst: live.state, first: id, since: live.since };
}

function before(a: Live, b: Live): boolean {
  return rank(a.state) < rank(b.state) || (a.state === b.state && a.since < b.since);
}
