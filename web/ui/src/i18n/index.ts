/** Words on screen: a typed catalogue a language. */

import { en } from "./en";
import { vi } from "./vi";

export type Key = keyof typeof vi;
export type Language = "vi" | "en";
export type Values = Record<string, string | number>;
export type Words = (key: Key, values?: Values) => string;

const CATALOGUES: Record<Language, Record<Key, string>> = { vi, en };

/** The words of a language. */
export function words(language: Language): Words {
  const catalogue = CATALOGUES[language];
  return (key, values = {}) => fill(choose(catalogue[key], values.n), values);
}

/** The key when the catalogue has it, else the other one: for codes that the service may add later. */
export function known(key: string, otherwise: Key): Key {
  return key in vi ? (key as Key) : otherwise;
}

/** The language that an address asks for; Vietnamese when it asks for none that we speak. */
export function languageOf(search: string): Language {
  return new URLSearchParams(search).get("lang") === "en" ? "en" : "vi";
}

function choose(text: string, n: string | number | undefined): string {
  const bar = text.indexOf("|");
  if (bar < 0) return text;
  return n === 1 || n === "1" ? text.slice(0, bar) : text.slice(bar + 1);
}

function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
