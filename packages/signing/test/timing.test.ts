// The time rule, by vectors/signing-timing.json and by an exact restatement in BigInt.

import fc from "fast-check";
import { expect, test } from "vitest";
import { checkTiming } from "../src/timing.ts";
import type { TimingVerdict } from "../src/timing.ts";
import { readVectors } from "./vector-files.ts";

interface TimingVectors {
  cases: { id: string; timestamp: string; recvWindow?: string; nowMs: number; expect: TimingVerdict }[];
}

test.each((readVectors("signing-timing.json") as TimingVectors).cases)(
  "$id",
  ({ expect: expected, ...input }) => {
    expect(checkTiming(input)).toEqual(expected);
  },
);

test("a clock that is no number refuses", () => {
  for (const nowMs of [Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]) {
    expect(checkTiming({ timestamp: "1764000000000", nowMs }).ok).toBe(false);
  }
});

test("the verdict is the rule in whole microseconds, at any distance and window", () => {
  const nowMs = 1_764_000_000_000;
  const distanceUs = fc.oneof(
    fc.integer({ min: -2_000_000, max: 70_000_000 }),
    fc.constantFrom(-1_000_000, -999_999, 0, 5_000_000, 60_000_000, 60_000_001),
  );
  fc.assert(
    fc.property(distanceUs, fc.integer({ min: 0, max: 60_000_000 }), (lateUs, windowUs) => {
      const stampUs = BigInt(nowMs) * 1_000n - BigInt(lateUs);
      const recvWindow = `${Math.floor(windowUs / 1_000)}.${String(windowUs % 1_000).padStart(3, "0")}`;
      const verdict = checkTiming({ timestamp: String(stampUs), recvWindow, nowMs });
      const expected = lateUs <= -1_000_000 ? "ahead" : lateUs > windowUs ? "outside" : "ok";
      expect(verdict.ok ? "ok" : verdict.reason).toBe(expected);
      if (!verdict.ok) return;
      expect(Math.round(verdict.deadlineMs * 1_000)).toBe(Number(stampUs) + windowUs);
      // The deadline is the last moment at which the same request is still on time.
      const atDeadline = { timestamp: String(stampUs), recvWindow, nowMs: verdict.deadlineMs };
      expect(checkTiming(atDeadline).ok).toBe(true);
      expect(checkTiming({ ...atDeadline, nowMs: verdict.deadlineMs + 0.001 }).ok).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});
