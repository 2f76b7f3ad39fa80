/** The charts, whose code is fetched when the first of them is looked at: the wall's first picture does not wait for it. */

import { useEffect } from "preact/hooks";
import { signal } from "@preact/signals";

import { say } from "../wall";

type Loaded = typeof import("./chart/Charts").Charts;

const charts = signal<{ Charts: Loaded } | null>(null);
const failed = signal(false);

export function LazyCharts(props: { endpoint: string; began: number | null }) {
  useEffect(load, []);
  if (charts.value) return <charts.value.Charts {...props} />;
  return failed.value ? <p class="hint">{say.value("error.network")}</p> : null;
}

function load(): void {
  if (charts.peek()) return;
  failed.value = false;
  import("./chart/Charts").then(
    (module) => (charts.value = module),
    () => (failed.value = true),
  );
}
