import { afterEach, expect, test, vi } from "vitest";

import { historyOf } from "./chart/fixture";
import { isHistory, readHistory, readMeasures } from "./history";

afterEach(() => vi.unstubAllGlobals());

const subject = { measurement: "endpoint", field: "rtt", tags: { endpoint: "a&b", source: "sip" } };
const ask = (signal = new AbortController().signal) => readHistory(subject, { start: 0, stop: 600 }, 120, signal);
const answering = (status: number, body: unknown) => {
  const fetched = vi.fn(async (_path: string) => new Response(typeof body === "string" ? body : JSON.stringify(body), { status }));
  vi.stubGlobal("fetch", fetched);
  return fetched;
};

test("a question names the series, the time and how many points", async () => {
  const history = historyOf([[0, 1]]);
  const fetched = answering(200, history);
  expect(await ask()).toEqual({ ok: true, value: history });
  expect(fetched.mock.calls[0]![0]).toBe(
    "api/v1/history?measurement=endpoint&field=rtt&endpoint=a%26b&source=sip&start=0&stop=600&points=120",
  );
});

test("a refusal is told in the server's words, or by its status", async () => {
  answering(503, { error: "the store is away: connection refused" });
  expect(await ask()).toEqual({ ok: false, status: 503, error: "the store is away: connection refused" });
  answering(502, "<html>");
  expect(await ask()).toEqual({ ok: false, status: 502, error: null });
});

test("a server that is not reached has status 0, a question that was ended has no answer", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("network")));
  expect(await ask()).toEqual({ ok: false, status: 0, error: null });
  expect(await ask(AbortSignal.abort())).toBeNull();
});

test.each([
  ["no object", null],
  ["columns of different length", { ...historyOf([[0, 1]]), mean: [] }],
  ["text for a number", { ...historyOf([[0, 1]]), mean: ["1"] }],
  ["a step of nothing", { ...historyOf([[0, 1]]), step: 0 }],
  ["no gaps", { ...historyOf([[0, 1]]), gaps: undefined }],
  ["a gap without an end", { ...historyOf([[0, 1]]), gaps: [[5]] }],
  ["too many buckets", historyOf(Array.from({ length: 2001 }, (_, i) => [i, 1]), { stop: 2001, step: 1 })],
])("what cannot be drawn is refused: %s", async (_, body) => {
  expect(isHistory(body)).toBe(false);
  answering(200, body);
  expect((await ask())?.ok).toBe(false);
});

test("what there is of an endpoint", async () => {
  const series = [{ source: "sip", field: "rtt", unit: "ms" }];
  const fetched = answering(200, { measurement: "endpoint", series });
  expect(await readMeasures("x y", new AbortController().signal)).toEqual({ ok: true, value: series });
  expect(fetched.mock.calls[0]![0]).toBe("api/v1/history/series?measurement=endpoint&endpoint=x+y");
});
