/** The shape of a state: never colour alone. Drawn around the origin, about two units across. */

import type { JSX } from "preact";

import type { State } from "../picture";

const HATCH = "M-.5 .1L.1 -.5M-.45 .45L.45 -.45M-.1 .5L.5 -.1";
const QUESTION = "M-.24 -.2A.25 .25 0 1 1 .12 .06Q0 .13 0 .26M0 .46V.48";

const SHAPES: Record<State, JSX.Element> = {
  up: <circle class="fill" r=".42" />,
  degraded: <path class="fill" d="M0 -.92L1 .8H-1Z" />,
  down: <rect class="fill" x="-.8" y="-.8" width="1.6" height="1.6" />,
  unreachable: <rect class="line thick" x="-.68" y="-.68" width="1.36" height="1.36" />,
  unknown: (
    <>
      <circle class="line" r=".78" />
      <path class="line round" d={QUESTION} />
    </>
  ),
  off: <circle class="line thin" r=".3" />,
  maintenance: (
    <>
      <circle class="line" r=".68" />
      <path class="line thin" d={HATCH} />
    </>
  ),
};

/** The bare shape, to be placed inside an SVG. */
export function shapeOf(state: State): JSX.Element {
  return SHAPES[state];
}

export const CHECK = "M-.85 .05L-.25 .65L.9 -.65";

/** The shape as a sign in a line of text; its word stands beside it. */
export function Glyph({ state, checked = false }: { state: State; checked?: boolean }) {
  return (
    <svg class={`glyph s-${state}`} viewBox="-1.1 -1.1 2.2 2.2" aria-hidden="true">
      {shapeOf(state)}
      {checked && <path class="check" d={CHECK} transform="scale(.62)" />}
    </svg>
  );
}

/** A check: somebody has taken it on. */
export function Check() {
  return (
    <svg class="glyph check-sign" viewBox="-1.1 -1.1 2.2 2.2" aria-hidden="true">
      <path class="line round" d={CHECK} />
    </svg>
  );
}
