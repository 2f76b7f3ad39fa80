/** The honeycomb: six hundred shapes that are quiet while all is well. */

import { useComputed } from "@preact/signals";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import { wrongGroups, type Cluster } from "../clusters";
import { total } from "../derive";
import { arrange, hexagon, type Comb, type Point } from "../honeycomb";
import { known } from "../i18n";
import { STATES, type Counts, type State } from "../picture";
import { combClusters, opened, say, store } from "../wall";
import { shapeOf } from "./Glyph";

/** Part of a hexagon's radius that a shape may fill. */
const SHARE = 0.62;
const HEX = hexagon(0.96 / SHARE);

interface Size {
  width: number;
  height: number;
  em: number;
}

export function Honeycomb() {
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0, em: 16 });
  useLayoutEffect(() => follow(box.current, setSize), []);
  const groups = combClusters.value;
  const comb = useMemo(() => layout(groups, size), [groups, size]);
  const label = useComputed(() => summary(combClusters.value));
  return (
    <div class="honeycomb" ref={box} role="img" aria-label={label}>
      {groups.map((group, i) => (
        <Group key={group.id} group={group} slot={comb.slots[i]} radius={comb.radius} em={size.em} />
      ))}
    </div>
  );
}

function layout(groups: Cluster[], { width, height, em }: Size): Comb {
  const sizes = groups.map((group) => group.endpoints.length);
  return arrange(sizes, { width, height, label: 1.3 * em, name: 7 * em });
}

function follow(box: HTMLDivElement | null, set: (size: Size) => void): (() => void) | undefined {
  if (!box) return undefined;
  const observer = new ResizeObserver(() => {
    const em = parseFloat(getComputedStyle(box).fontSize);
    set({ width: box.clientWidth, height: box.clientHeight, em });
  });
  observer.observe(box);
  return () => observer.disconnect();
}

function summary(groups: Cluster[]): string {
  const counts: Counts = {};
  void store.shifts.value;
  const endpoints = store.peek("endpoint");
  for (const { endpoints: ids } of groups) {
    for (const id of ids) {
      const state = endpoints.get(id)?.state ?? "unknown";
      counts[state] = (counts[state] ?? 0) + 1;
    }
  }
  const words = say.value;
  const parts = STATES.filter((state) => counts[state]).map((state) => `${counts[state]} ${words(`state.${state}`)}`);
  return words("honeycomb.summary", { total: total(counts), units: groups.length, counts: parts.join(", ") });
}

interface GroupProps {
  group: Cluster;
  slot: Comb["slots"][number] | undefined;
  radius: number;
  em: number;
}

/** A drawing of its own, so that a change in one cluster lays out and paints nothing of the others. */
function Group({ group, slot, radius, em }: GroupProps) {
  if (!slot) return null;
  const { x, y, width, height } = slot;
  return (
    <svg class="cluster" width={width} height={height} style={{ left: `${x}px`, top: `${y}px` }}>
      <Label group={group} width={width} em={em} />
      {group.endpoints.map((id, i) => {
        const at = slot.cells[i];
        return at && <Cell key={id} id={id} at={at} radius={radius} />;
      })}
    </svg>
  );
}

function Label({ group, width, em }: { group: Cluster; width: number; em: number }) {
  const worst = useComputed<State | null>(() => {
    void store.shifts.value;
    return wrongGroups([group], store.peek("endpoint"))[0]?.worst ?? null;
  }).value;
  if (!worst) return null;
  return (
    <text class={`name t-${worst}`} x="0" y={em} font-size={em}>
      {short(group.name || say.value("honeycomb.rest"), width / em)}
    </text>
  );
}

/** A unit's name without its kind, cut to so many ems. */
function short(name: string, ems: number): string {
  const bare = name.replace(/^(Thành phố|Thị xã|Huyện|Quận|Thị trấn|Phường|Xã) /, "");
  const most = Math.floor(ems / 0.58);
  return bare.length > most ? `${bare.slice(0, most - 1)}…` : bare;
}

function Cell({ id, at, radius }: { id: string; at: Point; radius: number }) {
  const state = useComputed(() => store.one("endpoint", id)?.state ?? "unknown").value;
  const reason = useComputed(() => store.one("endpoint", id)?.reason ?? "none").value;
  const name = store.one("about", id)?.name ?? id;
  const words = say.value;
  const why = words(known(`reason.${reason}`, "reason.none"));
  return (
    <g
      class={`cell s-${state}`}
      data-endpoint={id}
      data-state={state}
      transform={`translate(${at.x.toFixed(1)} ${at.y.toFixed(1)}) scale(${(radius * SHARE).toFixed(2)})`}
      onClick={() => (opened.value = `endpoint/${id}`)}
    >
      <title>{`${name}: ${words(`state.${state}`)}${why ? `, ${why}` : ""}`}</title>
      <path class="hex" d={HEX} />
      {shapeOf(state)}
    </g>
  );
}
