/** The screen's copy of the picture: a plain map, with signals only for what somebody looks at. */

import { batch, signal, type ReadonlySignal, type Signal } from "@preact/signals";

import type { Delta } from "./link";
import type {
  About,
  Incident,
  Live,
  Maintenance,
  OnCall,
  Self,
  Silence,
  Site,
  System,
  Unit,
  Value,
} from "./picture";

interface Kinds {
  about: About;
  endpoint: Live;
  incident: Incident;
  maintenance: Maintenance;
  oncall: OnCall;
  silence: Silence;
  site: Site;
  system: System;
  unit: Unit;
}

export type Kind = keyof Kinds;

export class Store {
  private readonly kinds = new Map<string, Map<string, Value>>();
  private readonly versions = new Map<string, Signal<number>>();
  private readonly watched = new Map<string, Signal<Value | undefined>>();
  /** what was applied last */
  readonly offset = signal(0);
  /** a picture has come at all */
  readonly filled = signal(false);
  /** counts the changes of what endpoints there are and where: never a mere measurement */
  readonly structure = signal(0);
  /** counts the changes of any endpoint's state or its reason */
  readonly shifts = signal(0);

  /** Every value of a kind by id; the caller follows all its changes. */
  all<K extends Kind>(kind: K): ReadonlyMap<string, Kinds[K]> {
    void this.version(kind).value;
    return this.values(kind) as unknown as ReadonlyMap<string, Kinds[K]>;
  }

  /** One value; the caller follows only its changes. */
  one<K extends Kind>(kind: K, id: string): Kinds[K] | undefined {
    return this.follow(`${kind}/${id}`).value as Kinds[K] | undefined;
  }

  /** Every value of a kind, without following any change. */
  peek<K extends Kind>(kind: K): ReadonlyMap<string, Kinds[K]> {
    return this.values(kind) as unknown as ReadonlyMap<string, Kinds[K]>;
  }

  /** What the service says of a part of itself. */
  self<K extends keyof Self>(part: K): Self[K] | undefined {
    return this.follow(`self/${part}`).value as Self[K] | undefined;
  }

  /** Make the picture what the delta says, telling followers once. */
  apply(delta: Delta): void {
    batch(() => {
      const touched = new Set<string>();
      if (delta.full) this.forget(delta.put, touched);
      for (const [key, value] of Object.entries(delta.put)) this.set(key, value, touched);
      for (const key of delta.gone) this.set(key, undefined, touched);
      for (const kind of touched) this.version(kind).value += 1;
      this.offset.value = delta.offset;
      this.filled.value = true;
    });
  }

  private forget(put: Record<string, Value>, touched: Set<string>): void {
    for (const [kind, values] of this.kinds) {
      for (const id of [...values.keys()]) {
        const key = `${kind}/${id}`;
        if (!(key in put)) this.set(key, undefined, touched);
      }
    }
  }

  private set(key: string, value: Value | undefined, touched: Set<string>): void {
    const cut = key.indexOf("/");
    if (cut < 0) return;
    const kind = key.slice(0, cut);
    const values = this.values(kind);
    this.mark(kind, values.get(key.slice(cut + 1)), value);
    if (value === undefined) values.delete(key.slice(cut + 1));
    else values.set(key.slice(cut + 1), value);
    touched.add(kind);
    const follower = this.watched.get(key);
    if (follower) follower.value = value;
  }

  private mark(kind: string, old: Value | undefined, value: Value | undefined): void {
    if (kind === "endpoint" && differ(old, value, "state", "reason", "since")) this.shifts.value += 1;
    if (kind === "about" || (kind === "unit" && differ(old, value, "name", "parent"))) this.structure.value += 1;
  }

  private values(kind: string): Map<string, Value> {
    let values = this.kinds.get(kind);
    if (!values) this.kinds.set(kind, (values = new Map()));
    return values;
  }

  private version(kind: string): Signal<number> {
    let version = this.versions.get(kind);
    if (!version) this.versions.set(kind, (version = signal(0)));
    return version;
  }

  private follow(key: string): ReadonlySignal<Value | undefined> {
    let follower = this.watched.get(key);
    if (!follower) {
      const cut = key.indexOf("/");
      follower = signal(this.values(key.slice(0, cut)).get(key.slice(cut + 1)));
      this.watched.set(key, follower);
    }
    return follower;
  }
}

function differ(old: Value | undefined, value: Value | undefined, ...fields: string[]): boolean {
  return !old || !value || fields.some((field) => old[field] !== value[field]);
}
