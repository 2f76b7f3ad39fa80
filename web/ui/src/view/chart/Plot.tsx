/** A drawing on a canvas, by uPlot: steps of the mean, the band from least to most, gaps as hatched and named ground. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { timeTicks, type TimeTick } from "../../chart/axis";
import type { Gap } from "../../chart/drawing";
import type { Sight } from "../../chart/sight";

/** Ems: what stands left of the plot and right of it; the strip of states keeps the same distance (chart.css). */
const LEFT = 3.4;
const RIGHT = 1.2;
const HEIGHT = 7.6;

/** What is written into the drawing. */
export interface Labels {
  number(value: number): string;
  none: string;
  silent: string;
}

interface PlotProps {
  sight: Sight;
  labels: Labels;
  /** the place where the cursor stands */
  at: number | null;
  point(place: number | null): void;
}

interface Size {
  width: number;
  em: number;
}

export function Plot(props: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const plot = useRef<uPlot | null>(null);
  const [size, setSize] = useState<Size>({ width: 0, em: 0 });
  useLayoutEffect(() => follow(box.current, setSize), []);
  useLayoutEffect(() => {
    if (!box.current || !size.width) return undefined;
    const made = make(box.current, size, () => latest.current);
    plot.current = made;
    return () => {
      plot.current = null;
      made.destroy();
    };
  }, [size.width, size.em]);
  useLayoutEffect(() => plot.current?.setData(dataOf(props.sight)), [props.sight, props.labels]);
  useLayoutEffect(() => pointAt(plot.current, props), [props.at]);
  return <div class="plot" ref={box} />;
}

function follow(box: HTMLDivElement | null, set: (size: Size) => void): (() => void) | undefined {
  if (!box) return undefined;
  const observer = new ResizeObserver(() =>
    set({ width: box.clientWidth, em: parseFloat(getComputedStyle(box).fontSize) }),
  );
  observer.observe(box);
  return () => observer.disconnect();
}

function dataOf({ drawing: { x, mean, least, most } }: Sight): uPlot.AlignedData {
  return [x, most, least, mean] as uPlot.AlignedData;
}

/** Move the cursor to a place, unless the mouse has just moved it there. */
function pointAt(plot: uPlot | null, { at, sight }: PlotProps): void {
  const place = at === null ? undefined : sight.drawing.places[at];
  if (!plot || !place || placeOf(plot, sight) === at) return;
  plot.setCursor({ left: plot.valToPos(place.x, "x"), top: 1 });
}

function placeOf(plot: uPlot, { drawing }: Sight): number | null {
  return drawing.place[plot.cursor.idx ?? -1] ?? null;
}

function make(box: HTMLElement, { width, em }: Size, now: () => PlotProps): uPlot {
  const colour = (name: string) => getComputedStyle(box).getPropertyValue(name).trim();
  const font = `${em}px ${getComputedStyle(box).fontFamily}`;
  const ticks = (): TimeTick[] => {
    const { start, stop } = now().sight.drawing;
    return timeTicks(start, stop, (width - (LEFT + RIGHT) * em) / (5 * em));
  };
  const axis = { stroke: () => colour("--quiet"), font, gap: 0.3 * em };
  const rule = { stroke: () => colour("--line"), width: 1 };
  const options: uPlot.Options = {
    width,
    height: HEIGHT * em,
    padding: [0.65 * em, RIGHT * em, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false }, sync: { key: "charts" } },
    scales: {
      x: { time: false, range: () => [now().sight.drawing.start, now().sight.drawing.stop] },
      y: { range: () => [now().sight.scale.min, now().sight.scale.max] },
    },
    axes: [
      {
        ...axis,
        size: 1.7 * em,
        grid: { show: false },
        ticks: { ...rule, size: 0.3 * em },
        splits: () => ticks().map(({ at }) => at),
        values: () => ticks().map(({ label }) => label),
      },
      {
        ...axis,
        size: LEFT * em,
        grid: rule,
        ticks: { show: false },
        splits: () => now().sight.scale.ticks,
        values: (_, splits) => splits.map((each) => now().labels.number(each)),
      },
    ],
    series: [{}, side(), side(), mean(em, colour, () => now().sight.banded)],
    bands: [{ series: [1, 2], fill: () => (now().sight.banded ? colour("--chart-band") : "transparent") }],
    hooks: {
      drawAxes: [(plot) => grounds(plot, now(), colour, font)],
      draw: [(plot) => marks(plot, now().sight, colour, (em * uPlot.pxRatio) / 12)],
      setLegend: [(plot) => now().point(placeOf(plot, now().sight))],
    },
  };
  return new uPlot(options, dataOf(now().sight), box);
}

function side(): uPlot.Series {
  return { stroke: "transparent", width: 0, points: { show: false } };
}

function mean(em: number, colour: (name: string) => string, banded: () => boolean): uPlot.Series {
  return {
    stroke: () => colour(banded() ? "--chart-line" : "--chart-loss"),
    fill: () => (banded() ? "transparent" : colour("--chart-loss-area")),
    width: Math.max(1, em / 9),
    points: { show: false },
  };
}

/** The ground of what is not known, and of what did not answer, each with its name where there is room for it. */
function grounds(plot: uPlot, { sight, labels }: PlotProps, colour: (name: string) => string, font: string): void {
  const hatch = hatching(plot, colour("--chart-gap"), font);
  for (const gap of sight.silent) ground(plot, gap, colour("--chart-silent"), labels.silent, colour("--down-text"), font);
  for (const gap of sight.drawing.gaps) ground(plot, gap, hatch, labels.none, colour("--text"), font);
}

function ground(
  plot: uPlot,
  [from, to]: Gap,
  fill: string | CanvasPattern,
  name: string,
  ink: string,
  font: string,
): void {
  const { ctx, bbox } = plot;
  const left = plot.valToPos(from, "x", true);
  const width = plot.valToPos(to, "x", true) - left;
  ctx.save();
  ctx.fillStyle = fill;
  ctx.fillRect(left, bbox.top, width, bbox.height);
  ctx.font = scaled(font);
  if (ctx.measureText(name).width < 0.94 * width) {
    ctx.fillStyle = ink;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText(name, left + width / 2, bbox.top + bbox.height / 2);
  }
  ctx.restore();
}

/** A font in the canvas's own pixels. */
function scaled(font: string): string {
  return font.replace(/^[\d.]+/, (size) => String(Number(size) * uPlot.pxRatio));
}

function hatching(plot: uPlot, ink: string, font: string): CanvasPattern | string {
  const side = Math.round(parseFloat(scaled(font)) / 2);
  const tile = document.createElement("canvas");
  tile.width = tile.height = side;
  const pen = tile.getContext("2d");
  if (!pen) return ink;
  pen.strokeStyle = ink;
  pen.lineWidth = side / 7;
  for (const shift of [-side, 0, side]) {
    pen.moveTo(shift, side);
    pen.lineTo(shift + side, 0);
  }
  pen.stroke();
  return plot.ctx.createPattern(tile, "repeat") ?? ink;
}

/** The limit as a dashed line, the moment as an upright one, so thick. */
function marks(
  plot: uPlot,
  { scale, by, limit, moment, drawing }: Sight,
  colour: (name: string) => string,
  thick: number,
): void {
  const { left, top, width, height } = plot.bbox;
  plot.ctx.lineWidth = thick;
  if (limit !== null && limit / by < scale.max) {
    const y = Math.round(plot.valToPos(limit / by, "y", true));
    line(plot, colour("--chart-limit"), [4 * thick, 4 * thick], left, y, left + width, y);
  }
  if (moment !== null && moment > drawing.start && moment < drawing.stop) {
    const x = Math.round(plot.valToPos(moment, "x", true));
    line(plot, colour("--strong"), [], x, top, x, top + height);
  }
}

function line(plot: uPlot, ink: string, dash: number[], x0: number, y0: number, x1: number, y1: number): void {
  const { ctx } = plot;
  ctx.save();
  ctx.strokeStyle = ink;
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(x0 + 0.5, y0 + 0.5);
  ctx.lineTo(x1 + 0.5, y1 + 0.5);
  ctx.stroke();
  ctx.restore();
}
