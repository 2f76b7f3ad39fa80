/** A drawing as a small line without axes. Pure. */

import type { Drawing } from "./drawing";

/** A path of the means in a box, broken at gaps; the top of the box is the largest of them or `ceiling`. */
export function traceOf({ x, mean, start, stop }: Drawing, width: number, height: number, ceiling: number): string {
  const top = Math.max(ceiling, ...mean.map((each) => each ?? 0));
  let pen = "M";
  let path = "";
  mean.forEach((value, i) => {
    if (value === null) return void (pen = "M");
    const across = (width * (x[i]! - start)) / (stop - start);
    path += `${pen}${across.toFixed(1)} ${(height * (1 - value / top)).toFixed(1)}`;
    pen = "L";
  });
  return path;
}
