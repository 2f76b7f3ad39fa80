/** The state of this screen: one store, one clock, what is shown and in which language. */

import { batch, computed, signal } from "@preact/signals";

import { clusters } from "./clusters";
import { bands, troubles, urgent, verdict, type Trouble } from "./derive";
import { words, languageOf, type Language } from "./i18n";
import type { Delta, Hello, Link, Phase } from "./link";
import { Recent } from "./recent";
import { typeFor } from "./room";
import { openedOf, sceneOf, type Scene } from "./scene";
import { steady } from "./socket";
import { Store } from "./store";

/** The id that the shipped configuration gives to the video-conference system. */
const CONFERENCE = "vc";

export const store = new Store();
export const recent = new Recent();
/** Where the link stands and since when, in the server's time; apart from the rest of `Link`, which every frame changes. */
export const phase = signal<Phase>("connecting");
export const phaseSince = signal(steady());
/** The server's time less the screen's, seconds. */
export const ahead = signal(0);
export const hello = signal<Hello | null>(null);
export const language = signal<Language>(languageOf(location.search));
export const scene = signal<Scene>(sceneOf(location.search));
export const say = computed(() => words(language.value));

/** The server's time, changed once a second: every age on the screen ticks with it. */
export const now = signal(steady());
/** The same as people's clocks show it: what history and calendars go by. */
export const civil = computed(() => now.value + (store.self("clock")?.skew ?? 0));
/** The server's time of the last picture: what is shown is as it was then. */
export const pictured = signal(0);
/** What the console shows where a key of the picture stands otherwise: the search for an endpoint. */
export const FINDER = "find";
/** The same for the shift log. */
export const SHIFT = "shift";
/** The same for the delivery ledger; a slash and the number of an incident behind it shows that of one. */
export const LEDGER = "deliveries";
/** What the console shows: a key of the picture, the search, or nothing. */
export const opened = signal<string | null>(openedOf(location.hash));

/** Incidents that came while this screen was watching, so that they may pulse. */
export const arrivals = signal<ReadonlySet<string>>(new Set());
/** When the newest of them came. */
export const lastArrival = signal(-Infinity);

export const typeSize = computed(() => typeFor(hello.value?.viewing ?? null));
export const systemBands = computed(() => bands(store.all("system"), now.value));
export const openIncidents = computed(() => urgent(store.all("incident")));
export const theVerdict = computed(() =>
  verdict(systemBands.value, openIncidents.value, store.self("uplink"), now.value),
);

export const theTroubles = computed<Trouble[]>(() => {
  const found = troubles({
    uplink: store.self("uplink"),
    ledger: store.self("ledger"),
    history: store.self("history"),
    deliveries: store.self("deliveries"),
    config: store.self("config"),
    clock: store.self("clock"),
  } as Parameters<typeof troubles>[0]);
  const viewing = hello.value?.viewing;
  if (typeSize.value.tooSmall && viewing) {
    const values = { height: viewing.screen_height_m, distance: viewing.distance_m };
    found.push({ key: "viewing", since: null, values });
  }
  return found;
});

/** The system of the honeycomb: the one that the address names, else `vc`, else the largest. */
export const combSystem = computed(() => {
  void store.structure.value;
  const asked = new URLSearchParams(location.search).get("system");
  if (asked) return asked;
  if (store.all("system").has(CONFERENCE)) return CONFERENCE;
  const sizes = new Map<string, number>();
  for (const { system } of store.peek("about").values()) sizes.set(system, (sizes.get(system) ?? 0) + 1);
  return [...sizes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? "";
});

export const combClusters = computed(() => {
  void store.structure.value;
  return clusters(store.peek("about"), store.peek("unit"), combSystem.value);
});

/** Take in what became of the link. */
export function follow(link: Link): void {
  batch(() => {
    const agreed = link.ahead ?? 0;
    // a screen whose clock is off must not call fresh data old until the next second ticks
    if (Math.abs(agreed - ahead.peek()) > 1) now.value = steady() + agreed;
    ahead.value = agreed;
    if (phase.peek() === link.phase) return;
    phase.value = link.phase;
    phaseSince.value = link.since + ahead.peek();
  });
}

/** Take in a delta; incidents that were not there before count as arrivals, except in the first picture. */
export function take(delta: Delta): void {
  batch(() => {
    const first = !store.filled.peek();
    const before = new Set(store.peek("incident").keys());
    store.apply(delta);
    recent.add(delta);
    pictured.value = delta.now;
    if (!first) arrive(before);
  });
}

function arrive(before: ReadonlySet<string>): void {
  const fresh = [...store.peek("incident")].filter(([id, each]) => !before.has(id) && each.status === "open");
  if (!fresh.length) return;
  arrivals.value = new Set(fresh.map(([id]) => id));
  lastArrival.value = now.peek();
}
