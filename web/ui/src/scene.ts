/** Which scene is shown, from the address, and when the next one comes. Pure. */

export const SCENES = ["overview", "alerts", "conference"] as const;
export type Scene = (typeof SCENES)[number];

/** The scene that an address asks for. */
export function sceneOf(search: string): Scene {
  const asked = new URLSearchParams(search).get("scene");
  return SCENES.find((scene) => scene === asked) ?? "overview";
}

/** What an address opens beside the scene: `#incident/N`, as pages link to it, or `#endpoint/ID`, as dashboards do. */
export function openedOf(hash: string): string | null {
  return /^#(incident\/\d+|endpoint\/[\w.-]+)$/.test(hash) ? hash.slice(1) : null;
}

/** Seconds a scene stands when the address asks for a cycle (at least five); null when it does not. */
export function cycleOf(search: string): number | null {
  const seconds = Number(new URLSearchParams(search).get("cycle"));
  return Number.isFinite(seconds) && seconds > 0 ? Math.max(5, seconds) : null;
}

/** The scene after one. */
export function after(scene: Scene): Scene {
  return SCENES[(SCENES.indexOf(scene) + 1) % SCENES.length] ?? "overview";
}

/** The same address with one parameter changed; null takes it away. */
export function withParameter(search: string, name: string, value: string | null): string {
  const query = new URLSearchParams(search);
  if (value === null) query.delete(name);
  else query.set(name, value);
  const text = query.toString();
  return text ? `?${text}` : "";
}
