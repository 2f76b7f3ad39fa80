/** Where the cells stand: clusters flow in rows like words, hexagons are packed in each. Pure geometry. */

export interface Point {
  x: number;
  y: number;
}

export interface Slot extends Point {
  width: number;
  height: number;
  /** centres of the cells in the slot, in the cluster's order */
  cells: Point[];
}

export interface Comb {
  /** from a hexagon's centre to its corner */
  radius: number;
  slots: Slot[];
}

export interface Frame {
  width: number;
  height: number;
  /** height kept free above each cluster for its name, and the least width a name needs */
  label: number;
  name: number;
}

interface Plan {
  radius: number;
  /** rows of clusters on the screen, and of hexagons in a cluster */
  bands: number;
  deep: number;
}

const ROOT3 = Math.sqrt(3);
/** Between clusters, in radii, so that they read as clusters. */
const GAP = 1.6;
/** A radius this near to the largest will do, for the sake of fewer bands: clusters, not strips. */
const ENOUGH = 0.88;
const MOST_BANDS = 12;
const MOST_DEEP = 16;

/** The arrangement with large hexagons in compact clusters; `sizes` are the cells of each cluster. */
export function arrange(sizes: number[], frame: Frame): Comb {
  const plans: Plan[] = [];
  for (let bands = 1; bands <= Math.min(MOST_BANDS, sizes.length); bands += 1) {
    for (let deep = 1; deep <= MOST_DEEP; deep += 1) plans.push(grow(sizes, frame, bands, deep));
  }
  const largest = Math.max(0, ...plans.map((plan) => plan.radius));
  if (largest <= 0) return { radius: 0, slots: [] };
  const good = plans.filter((plan) => plan.radius >= ENOUGH * largest);
  return place(sizes, frame, good.reduce((best, plan) => (plan.bands < best.bands ? plan : best)));
}

/** The largest radius at which the clusters fit into so many bands. */
function grow(sizes: number[], frame: Frame, bands: number, deep: number): Plan {
  let low = 0;
  let high = (frame.height / bands - frame.label) / (1.5 * deep + 0.5);
  for (let i = 0; i < 14 && high > 0; i += 1) {
    const radius = (low + high) / 2;
    if (flow(sizes, frame, { radius, bands, deep }).length <= bands) low = radius;
    else high = radius;
  }
  return { radius: low, bands, deep };
}

/** The widths of the clusters, band by band. */
function flow(sizes: number[], frame: Frame, { radius, deep }: Plan): number[][] {
  const bands: number[][] = [[]];
  let used = 0;
  for (const size of sizes) {
    const width = Math.max(frame.name, (across(size, deep) + 0.5) * ROOT3 * radius + GAP * radius);
    if (width > frame.width) return Array.from({ length: MOST_BANDS + 1 }, () => []);
    if (used + width > frame.width) {
      bands.push([]);
      used = 0;
    }
    bands[bands.length - 1]?.push(width);
    used += width;
  }
  return bands;
}

function across(size: number, deep: number): number {
  return Math.max(1, Math.ceil(size / deep));
}

function place(sizes: number[], frame: Frame, plan: Plan): Comb {
  const slots: Slot[] = [];
  const bands = flow(sizes, frame, plan);
  const height = frame.height / bands.length;
  bands.forEach((widths, band) => {
    const last = band === bands.length - 1 && band > 0;
    const spare = frame.width - widths.reduce((sum, width) => sum + width, 0);
    // the last band keeps the pace of the others instead of spreading a few clusters over the whole width
    const extra = last ? Math.min(spare / widths.length, frame.name / 8) : spare / widths.length;
    let x = 0;
    for (const width of widths) {
      const size = sizes[slots.length] ?? 0;
      const cells = pack(size, plan, frame.label);
      slots.push({ x, y: band * height, width: width + extra, height, cells });
      x += width + extra;
    }
  });
  return { radius: plan.radius, slots };
}

/** Row by row; every second row is shifted by half a cell. */
function pack(size: number, { radius, deep }: Plan, top: number): Point[] {
  const wide = across(size, deep);
  return Array.from({ length: size }, (_, n) => {
    const row = Math.floor(n / wide);
    return {
      x: ((n % wide) + 0.5 + (row % 2) * 0.5) * ROOT3 * radius,
      y: top + (1.5 * row + 1) * radius,
    };
  });
}

/** The corners of a pointy hexagon around the origin, for an SVG path. */
export function hexagon(radius: number): string {
  const corners = Array.from({ length: 6 }, (_, i) => {
    const angle = (Math.PI / 3) * i - Math.PI / 2;
    return `${(radius * Math.cos(angle)).toFixed(2)} ${(radius * Math.sin(angle)).toFixed(2)}`;
  });
  return `M${corners.join("L")}Z`;
}
