/** History as the service answers it: one series over a time, in buckets (docs/architecture.md, HTTP). */

import { sentence } from "./api";

/** Seconds after which an answer that has not come is given up. */
const PATIENCE = 20;
/** The service answers no more buckets than this. */
const MOST_BUCKETS = 2000;

/** Times are civil seconds since the epoch; the arrays have one entry a bucket that holds anything. */
export interface History {
  measurement: string;
  field: string;
  unit: string;
  step: number;
  start: number;
  stop: number;
  at: number[];
  count: number[];
  mean: number[];
  least: number[];
  most: number[];
  last: number[];
  gaps: [number, number][];
}

/** Which series. */
export interface Subject {
  measurement: string;
  field: string;
  tags: Readonly<Record<string, string>>;
}

export interface Stretch {
  start: number;
  stop: number;
}

/** `error` is the server's own sentence; `status` alone when it gave none, 0 when it was not reached. */
export type Answer<T> = { ok: true; value: T } | { ok: false; status: number; error: string | null };

/** One series over a time in at most so many buckets; null when `signal` ended it. */
export async function readHistory(
  { measurement, field, tags }: Subject,
  { start, stop }: Stretch,
  points: number,
  signal: AbortSignal,
): Promise<Answer<History> | null> {
  const numbers = { start: String(start), stop: String(stop), points: String(points) };
  return get(`api/v1/history?${new URLSearchParams({ measurement, field, ...tags, ...numbers })}`, signal, isHistory);
}

/** What an endpoint has a history of: a field of a source, with its unit. */
export interface Measure {
  source: string;
  field: string;
  unit: string;
}

/** Everything that there is of an endpoint; null when `signal` ended it. */
export async function readMeasures(endpoint: string, signal: AbortSignal): Promise<Answer<Measure[]> | null> {
  const query = new URLSearchParams({ measurement: "endpoint", endpoint });
  const answer = await get(`api/v1/history/series?${query}`, signal, isCatalogue);
  return answer?.ok ? { ok: true, value: answer.value.series } : answer;
}

async function get<T>(path: string, signal: AbortSignal, is: (body: unknown) => body is T): Promise<Answer<T> | null> {
  try {
    const either = AbortSignal.any([signal, AbortSignal.timeout(1000 * PATIENCE)]);
    const response = await fetch(path, { signal: either });
    if (!response.ok) return { ok: false, status: response.status, error: await sentence(response) };
    const body: unknown = await response.json();
    return is(body) ? { ok: true, value: body } : { ok: false, status: response.status, error: null };
  } catch {
    return signal.aborted ? null : { ok: false, status: 0, error: null };
  }
}

const COLUMNS = ["at", "count", "mean", "least", "most", "last"] as const;

/** Whether this is an answer that can be drawn. */
export function isHistory(body: unknown): body is History {
  const { at, gaps, step, start, stop, unit } = (body ?? {}) as Partial<History>;
  if (!Array.isArray(at) || at.length > MOST_BUCKETS) return false;
  if (!Array.isArray(gaps) || !gaps.every((each) => isColumn(each, 2))) return false;
  const named = typeof unit === "string" && [step, start, stop].every(Number.isFinite);
  return named && Number(step) > 0 && COLUMNS.every((each) => isColumn((body as History)[each], at.length));
}

function isColumn(column: unknown, length: number): boolean {
  return Array.isArray(column) && column.length === length && column.every(Number.isFinite);
}

function isCatalogue(body: unknown): body is { series: Measure[] } {
  const { series } = (body ?? {}) as { series?: unknown };
  return Array.isArray(series) && series.every((each) => typeof (each as Measure | null)?.field === "string");
}
