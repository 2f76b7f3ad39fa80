/** Endpoints by what a person types: parts of words, with or without the marks of Vietnamese. Pure. */

import type { About, Unit } from "./picture";

const collator = new Intl.Collator("vi", { numeric: true });

/** Letters as they are typed in a hurry: small, without marks. */
export function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replaceAll("đ", "d");
}

/** The ids of the endpoints whose name, unit or id hold every word typed, by name; none while nothing is typed. */
export function matching(typed: string, about: ReadonlyMap<string, About>, units: ReadonlyMap<string, Unit>): string[] {
  const words = plain(typed).split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const found: { id: string; name: string }[] = [];
  for (const [id, { name, unit }] of about) {
    const held = plain(`${name} ${units.get(unit)?.name ?? ""} ${id}`);
    if (words.every((word) => held.includes(word))) found.push({ id, name });
  }
  return found.sort((a, b) => collator.compare(a.name, b.name) || collator.compare(a.id, b.id)).map(({ id }) => id);
}
