/** What a person may do from the wall, over HTTP. */

import type { ScopeKind } from "./picture";

/** `error` is the server's own sentence; `status` alone when it gave none, 0 when it was not reached. */
export type Outcome = { ok: true } | { ok: false; status: number; error: string | null };

export interface Window {
  scope: { kind: ScopeKind; id: string };
  end: number;
  reason: string;
  by: string;
}

/** Say that somebody is on an incident. */
export function acknowledge(incident: string, by: string, note: string): Promise<Outcome> {
  return send("POST", `api/v1/incidents/${encodeURIComponent(incident)}/acknowledge`, { by, note });
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
    return response.ok ? { ok: true } : { ok: false, status: response.status, error: await sentence(response) };
  } catch {
    return { ok: false, status: 0, error: null };
  }
}

/** What the server says is wrong, in its own words; null when it says nothing. */
export async function sentence(response: Response): Promise<string | null> {
  try {
    const body: unknown = await response.json();
    const error = (body as { error?: unknown } | null)?.error;
    return typeof error === "string" ? error : null;
  } catch {
    return null;
  }
}
