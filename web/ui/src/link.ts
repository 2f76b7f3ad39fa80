/**
 * The link to the service as a state machine: no socket, no clock, no randomness of its own.
 *
 *     connecting ──hello──→ live ──silence or close──→ cut ──hello──→ live
 *
 * Times are seconds of one monotonic clock of the screen; `random` is in [0, 1).
 */

import type { Value } from "./picture";

export interface Viewing {
  distance_m: number;
  screen_height_m: number;
}

export interface Hello {
  type: "hello";
  build: string;
  epoch: string;
  now: number;
  name: string;
  beat_s: number;
  coalesce_ms: number;
  viewing: Viewing | null;
  languages: string[];
  may_write: boolean;
}

export interface Delta {
  type: "delta";
  epoch: string;
  offset: number;
  full: boolean;
  now: number;
  put: Record<string, Value>;
  gone: string[];
}

export interface Beat {
  type: "beat";
  now: number;
  offset: number;
}

export type Frame = Hello | Delta | Beat;
export type Phase = "connecting" | "live" | "cut";

export interface Link {
  phase: Phase;
  /** when this phase began; for `cut`, when the last frame came */
  since: number;
  heard: number;
  /** a socket is open or opening, since `tried` */
  trying: boolean;
  tried: number;
  attempt: number;
  retryAt: number | null;
  /** what was applied last; the server continues from here */
  epoch: string;
  offset: number;
  build: string | null;
  beat: number;
  /** the server's time less the screen's, seconds */
  ahead: number | null;
}

export type Event =
  | { type: "start"; at: number }
  | { type: "frame"; at: number; frame: Frame; random: number }
  | { type: "closed"; at: number; random: number }
  | { type: "garbled"; at: number; random: number }
  | { type: "tick"; at: number; random: number };

export type Effect =
  | { do: "open"; epoch: string; offset: number }
  | { do: "close" }
  | { do: "reload" }
  | { do: "welcome"; hello: Hello }
  | { do: "apply"; delta: Delta };

export type Step = [Link, Effect[]];

const FIRST_RETRY = 0.5;
const LAST_RETRY = 10;
const DEFAULT_BEAT = 2;

/** Seconds to wait before an attempt (the first is 0): doubling, capped, between half and the whole. */
export function retryDelay(attempt: number, random: number): number {
  const ceiling = Math.min(LAST_RETRY, FIRST_RETRY * 2 ** attempt);
  return ceiling * (0.5 + random / 2);
}

/** A link that has not begun. */
export function fresh(at: number): Link {
  return {
    phase: "connecting",
    since: at,
    heard: at,
    trying: false,
    tried: at,
    attempt: 0,
    retryAt: null,
    epoch: "",
    offset: 0,
    build: null,
    beat: DEFAULT_BEAT,
    ahead: null,
  };
}

/** Seconds without a frame after which the link counts as cut. */
export function patience(link: Link): number {
  return 3 * link.beat;
}

/** What an event makes of the link, and what is to be done about it. */
export function step(link: Link, event: Event): Step {
  switch (event.type) {
    case "start":
      return open(link, event.at);
    case "frame":
      return hear(link, event.frame, event.at, event.random);
    case "closed":
      return link.trying ? [lose(link, event.at, event.random), []] : [link, []];
    case "garbled":
      // whatever was missed is in the next full picture
      return [{ ...lose(link, event.at, event.random), epoch: "", offset: 0 }, [{ do: "close" }]];
    case "tick":
      return tick(link, event.at, event.random);
  }
}

function open(link: Link, at: number): Step {
  const next = { ...link, trying: true, tried: at, retryAt: null };
  return [next, [{ do: "open", epoch: link.epoch, offset: link.offset }]];
}

function hear(link: Link, frame: Frame, at: number, random: number): Step {
  if (!link.trying) return [link, []];
  const ahead = agree(link.ahead, frame.now - at);
  const heard = { ...link, heard: at, ahead };
  switch (frame.type) {
    case "hello":
      return welcome(heard, frame, at);
    case "delta":
      return apply(heard, frame, at, random);
    case "beat":
      return [heard, []];
  }
}

function welcome(link: Link, hello: Hello, at: number): Step {
  if (link.build !== null && link.build !== hello.build) return [link, [{ do: "reload" }]];
  const next: Link = {
    ...link,
    phase: "live",
    since: link.phase === "live" ? link.since : at,
    attempt: 0,
    build: hello.build,
    beat: hello.beat_s,
  };
  return [next, [{ do: "welcome", hello }]];
}

function apply(link: Link, delta: Delta, at: number, random: number): Step {
  if (!delta.full && delta.epoch !== link.epoch) {
    return step(link, { type: "garbled", at, random });
  }
  return [{ ...link, epoch: delta.epoch, offset: delta.offset }, [{ do: "apply", delta }]];
}

function tick(link: Link, at: number, random: number): Step {
  if (link.retryAt !== null) return at >= link.retryAt ? open(link, at) : [link, []];
  if (link.trying && at - Math.max(link.heard, link.tried) > patience(link)) {
    return [lose(link, at, random), [{ do: "close" }]];
  }
  return [link, []];
}

function lose(link: Link, at: number, random: number): Link {
  return {
    ...link,
    phase: link.phase === "connecting" ? "connecting" : "cut",
    since: link.phase === "live" ? link.heard : link.since,
    trying: false,
    attempt: link.attempt + 1,
    retryAt: at + retryDelay(link.attempt, random),
  };
}

/** A jump is followed at once, jitter of the way slowly. */
function agree(ahead: number | null, seen: number): number {
  if (ahead === null || Math.abs(seen - ahead) > 2) return seen;
  return ahead + (seen - ahead) / 8;
}
