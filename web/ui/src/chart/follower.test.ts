import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Follower, paceOf } from "./follower";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const now = () => Date.now() / 1000;

/** Questions that are answered by hand. */
function desk() {
  const asked: { signal: AbortSignal; answer(wait: number | null): Promise<void> }[] = [];
  const follower = new Follower(
    (signal) =>
      new Promise((resolve) => {
        const answer = async (wait: number | null) => {
          resolve(wait);
          await vi.advanceTimersByTimeAsync(0);
        };
        asked.push({ signal, answer });
      }),
    now,
  );
  return { asked, follower };
}

test("one question at a time, the next one when the picture may have changed", async () => {
  const { asked, follower } = desk();
  follower.start();
  follower.start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked.length).toBe(1);
  await asked[0]!.answer(30);
  await vi.advanceTimersByTimeAsync(29_000);
  expect(asked.length).toBe(1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked.length).toBe(2);
});

test("out of sight the question ends, and its late answer changes nothing", async () => {
  const { asked, follower } = desk();
  follower.start();
  follower.stop();
  expect(asked[0]!.signal.aborted).toBe(true);
  await asked[0]!.answer(10);
  await vi.advanceTimersByTimeAsync(3600_000);
  expect(asked.length).toBe(1);
  follower.start();
  expect(asked.length).toBe(2);
});

test("back in sight it asks when that is due, not before", async () => {
  const { asked, follower } = desk();
  follower.start();
  await asked[0]!.answer(30);
  await vi.advanceTimersByTimeAsync(10_000);
  follower.stop();
  follower.start();
  expect(asked.length).toBe(1);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(asked.length).toBe(2);
});

test("what is over is not asked for again", async () => {
  const { asked, follower } = desk();
  follower.start();
  await asked[0]!.answer(null);
  follower.stop();
  follower.start();
  await vi.advanceTimersByTimeAsync(3600_000);
  expect(asked.length).toBe(1);
});

test("every step, but not more often than each ten seconds, nor more seldom than each ten minutes", () => {
  expect([paceOf(1), paceOf(60), paceOf(86400)]).toEqual([10, 60, 600]);
});
