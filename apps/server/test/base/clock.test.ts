/** The clock that verifies: never backwards, and honest about a wall clock that fell back. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clockStepBackMsMax, verifyingClock } from "../../src/base/clock.ts";

describe("the verifying clock", () => {
  test("never runs backwards, never below its floor, and is steady exactly while the wall clock is near", () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.array(fc.nat(20_000), { minLength: 1 }), (floorMs, walls) => {
        let wall = 0;
        const clock = verifyingClock({ wallMs: () => wall, monotonicMs: () => 0 }, floorMs);
        let highest = floorMs;
        for (const each of walls) {
          wall = each;
          highest = Math.max(highest, each);
          expect(clock.nowMs()).toBe(highest);
          expect(clock.steady()).toBe(highest - each <= clockStepBackMsMax);
        }
      }),
    );
  });
});
