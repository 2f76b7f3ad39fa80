/** What a person may do from the wall, over HTTP. */

import type { Matcher, ScopeKind } from "./picture";

/**
 * `error` is the server's own sentence; `status` alone when it gave none, 0 when it was not reached. `code` names what
 * people meet in their daily work, `about` whom or what it is about, so that the screen has words of its own for it.
 */
export interface Refusal {
  ok: false;
  status: number;
  error: string | null;
  code?: string | undefined;
  about?: string | undefined;
}

export type Outcome = { ok: true } | Refusal;

export interface Window {
  scope: { kind: ScopeKind; id: string };
  end: number;
  reason: string;
  by: string;
}

/** Say that somebody is on an incident; `seen` is when the newest decision on this screen was made. */
export function acknowledge(incident: string, by: string, note: string, seen?: number): Promise<Outcome> {
  return act(incident, "acknowledge", { by, note, seen: seen ?? null });
}

/** Give an incident to somebody. */
export function assign(incident: string, to: string, by: string): Promise<Outcome> {
  return act(incident, "assign", { to, by });
}

/** Note something about an incident. */
export function comment(incident: string, text: string, by: string): Promise<Outcome> {
  return act(incident, "comment", { text, by });
}

/** Close an incident by hand, with a reason. */
export function close(incident: string, reason: string, by: string): Promise<Outcome> {
  return act(incident, "close", { reason, by });
}

/** Tell nobody of what the matchers hold of, for some hours. */
export function silence(matchers: Matcher[], hours: number, reason: string, by: string): Promise<Outcome> {
  return send("POST", "api/v1/silences", { matchers, for: `${hours}h`, reason, by });
}

/** End a silence early. */
export function endSilence(id: string, by: string): Promise<Outcome> {
  return send("DELETE", `api/v1/silences/${encodeURIComponent(id)}`, { by });
}

/** Leave a note for the next shift; the server keeps the open incidents with it. */
export function writeNote(text: string, by: string): Promise<Outcome> {
  return send("POST", "api/v1/shift", { text, by });
}

/** Something that was asked for, or why it cannot be had. */
export type Answer<T> = { ok: true; value: T } | Refusal;

/** What happened of an incident, a sentence a fact, oldest first. */
export function explain(incident: string, language: string): Promise<Answer<{ facts: { text: string }[] }>> {
  return get(`api/v1/incidents/${encodeURIComponent(incident)}/explain?language=${language}`);
}

export interface Note {
  id: number;
  /** civil */
  at: number;
  by: string;
  text: string;
  incidents: { id: number; title: string; acknowledged: string }[];
  more: number;
}

/** Notes of the shift log in which every word stands, newest first, `before` a note's id. */
export function findNotes(words: string, before: number | null): Promise<Answer<{ notes: Note[]; next: number | null }>> {
  const query = new URLSearchParams({ q: words, limit: "20" });
  if (before !== null) query.set("before", String(before));
  return get(`api/v1/shift?${query}`);
}

export interface Delivery {
  id: number;
  /** null or 0: it belongs to none, as a digest */
  incident: number | null;
  state: "owed" | "told" | "failed" | "withdrawn";
  /** the whole row in a sentence */
  text: string;
}

/** Rows of the delivery ledger, newest first, `before` a row's id. */
export function findDeliveries(
  incident: string,
  state: string,
  language: string,
  before: number | null,
): Promise<Answer<{ deliveries: Delivery[]; next: number | null }>> {
  const query = ledgerQuery(incident, state, { language, limit: "50" });
  if (before !== null) query.set("before", String(before));
  return get(`api/v1/deliveries?${query}`);
}

/** Where the same rows are had for a spreadsheet. */
export function ledgerFile(incident: string, state: string): string {
  return `api/v1/deliveries?${ledgerQuery(incident, state, { format: "csv" })}`;
}

function ledgerQuery(incident: string, state: string, more: Record<string, string>): URLSearchParams {
  return new URLSearchParams({ ...(incident && { incident }), ...(state && { state }), ...more });
}

function act(incident: string, verb: string, body: unknown): Promise<Outcome> {
  return send("POST", `api/v1/incidents/${encodeURIComponent(incident)}/${verb}`, body);
}

async function get<T>(path: string): Promise<Answer<T>> {
  try {
    const response = await fetch(path);
    if (!response.ok) return await refusal(response);
    return { ok: true, value: (await response.json()) as T };
  } catch {
    return { ok: false, status: 0, error: null };
  }
}

/** Take something out of alerting for a while. */
export function maintain(window: Window): Promise<Outcome> {
  return send("POST", "api/v1/maintenance", window);
}

/** End a maintenance early. */
export function endMaintenance(id: string, by: string): Promise<Outcome> {
  return send("DELETE", `api/v1/maintenance/${encodeURIComponent(id)}`, { by });
}

async function send(method: string, path: string, body: unknown): Promise<Outcome> {
  const headers = { "Content-Type": "application/json" };
  try {
    const response = await fetch(path, { method, headers, body: JSON.stringify(body) });
    return response.ok ? { ok: true } : await refusal(response);
  } catch {
    return { ok: false, status: 0, error: null };
  }
}

/** What the server says is wrong, in its own words; null when it says nothing. */
export async function sentence(response: Response): Promise<string | null> {
  return (await refusal(response)).error;
}

async function refusal(response: Response): Promise<Refusal> {
  const { error, code, about } = await said(response);
  return { ok: false, status: response.status, error: text(error) ?? null, code: text(code), about: text(about) };
}

async function said(response: Response): Promise<Record<string, unknown>> {
  try {
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
