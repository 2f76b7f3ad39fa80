/** Numbers and times as people read them. Pure: the words come from the catalogue. */

import type { Words } from "./i18n";

const ZONE = "Asia/Ho_Chi_Minh";
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

/** How long ago: seconds alone, then the two largest parts. */
export function age(seconds: number, words: Words): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < MINUTE) return words("age.s", { s });
  if (s < HOUR) return words("age.m_s", { m: Math.floor(s / MINUTE), s: two(s % MINUTE) });
  if (s < DAY) return words("age.h_m", { h: Math.floor(s / HOUR), m: two(Math.floor((s % HOUR) / MINUTE)) });
  return words("age.d_h", { d: Math.floor(s / DAY), h: Math.floor((s % DAY) / HOUR) });
}

/** How long ago, in its largest part only. */
export function ageShort(seconds: number, words: Words): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < MINUTE) return words("age.s", { s });
  if (s < HOUR) return words("age.m", { m: Math.floor(s / MINUTE) });
  if (s < DAY) return words("age.h", { h: Math.floor(s / HOUR) });
  return words("age.d", { d: Math.floor(s / DAY) });
}

const clockFormat = new Intl.DateTimeFormat("en-GB", {
  timeZone: ZONE,
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

/** The time of day with seconds, in Viet Nam. */
export function clockTime(at: number): string {
  return clockFormat.format(at * 1000);
}

/** The hour of day in Viet Nam, with its fraction. */
export function hourOfDay(at: number): number {
  const [h, m] = clockTime(at).split(":").map(Number);
  return (h ?? 0) + (m ?? 0) / 60;
}

/** The hour and minute, with the day after it when it is not today. */
export function moment(at: number, now: number): string {
  const time = clockTime(at).slice(0, 5);
  const day = dayFormat.format(at * 1000);
  return day === dayFormat.format(now * 1000) ? time : `${time} ${day}`;
}

/** A moment that people set to a whole minute: what clocks differ by must not make it the minute before. */
export function setMoment(at: number, now: number): string {
  return moment(Math.round(at / MINUTE) * MINUTE, now);
}

const dayFormat = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, day: "2-digit", month: "2-digit" });

/** The day as a person says it, without the year: the header has no room for what everybody knows. */
export function day(at: number, language: string): string {
  return new Intl.DateTimeFormat(locale(language), {
    timeZone: ZONE,
    weekday: "long",
    day: "numeric",
    month: "numeric",
  }).format(at * 1000);
}

/** A whole number with the language's grouping. */
export function whole(n: number, language: string): string {
  return new Intl.NumberFormat(locale(language), { maximumFractionDigits: 0 }).format(n);
}

/** A measured number: one decimal below ten, none above. */
export function measured(n: number, language: string): string {
  return new Intl.NumberFormat(locale(language), { maximumFractionDigits: n < 10 ? 1 : 0 }).format(n);
}

/** A phone number in groups that can be read aloud; what is not one is left alone. */
export function phone(number: string): string {
  if (/\s/.test(number.trim())) return number.trim();
  const digits = number.replace(/[.-]/g, "");
  const match = /^(\+84|0)(\d{2})(\d{3})(\d{3,4})$/.exec(digits);
  if (match) return `${match[1]}${match[1] === "0" ? "" : " "}${match[2]} ${match[3]} ${match[4]}`;
  if (/^1[89]00\d{4,6}$/.test(digits)) return `${digits.slice(0, 4)} ${digits.slice(4)}`;
  return number;
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}

function locale(language: string): string {
  return language === "en" ? "en-GB" : "vi-VN";
}
