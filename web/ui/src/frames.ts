/** Text from the socket to a frame, or null when it is none. */

import type { Frame } from "./link";

type Fields = Record<string, unknown>;

/** The frame in a text; null for anything that is not exactly one. */
export function parse(text: unknown): Frame | null {
  if (typeof text !== "string") return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const fields = value as Fields;
  if (!number(fields.now)) return null;
  return isFrame(fields) ? (fields as unknown as Frame) : null;
}

function isFrame(fields: Fields): boolean {
  switch (fields.type) {
    case "hello":
      return typeof fields.build === "string" && number(fields.beat_s) && fields.beat_s > 0;
    case "delta":
      return (
        typeof fields.epoch === "string" &&
        number(fields.offset) &&
        typeof fields.full === "boolean" &&
        typeof fields.put === "object" &&
        fields.put !== null &&
        Array.isArray(fields.gone)
      );
    case "beat":
      return number(fields.offset);
    default:
      return false;
  }
}

function number(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
