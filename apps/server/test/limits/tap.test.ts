/** The tap: a 429 or 418 closes it until the venue's own time, and nothing opens it sooner. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { afterAnswer, closedAt, unstatedWaitMs, waitMsMax } from "../../src/limits/tap.ts";

const answer = fc.record({
  status: fc.constantFrom(200, 400, 429, 418, 503),
  retryAfter: fc.option(fc.oneof(fc.nat(300).map(String), fc.constantFrom("", "-1", "1e3", "soon")), {
    nil: undefined,
  }),
  nowMs: fc.nat(1_000_000),
});

describe("the tap", () => {
  test("is closed exactly as long as the longest closure asked for", () => {
    fc.assert(
      fc.property(fc.array(answer, { maxLength: 20 }), fc.nat(2_000_000), (answers, atMs) => {
        const ends = answers
          .filter(({ status }) => status === 429 || status === 418)
          .map(({ status, retryAfter, nowMs }) => {
            const stated =
              retryAfter !== undefined && /^[0-9]+$/.test(retryAfter) ? Number(retryAfter) * 1000 : undefined;
            return nowMs + (stated ?? unstatedWaitMs[status === 429 ? 429 : 418]);
          });
        const closure = answers.reduce<ReturnType<typeof afterAnswer>>(
          (before, each) => afterAnswer(before, each),
          undefined,
        );
        const closed = closedAt(closure, atMs);
        expect(closed !== undefined).toBe(ends.some((end) => atMs < end));
        if (closed !== undefined) {
          expect(closed.untilMs).toBe(Math.max(...ends));
          expect(closed.seconds).toBeGreaterThanOrEqual(1);
          expect(atMs + closed.seconds * 1000).toBeGreaterThanOrEqual(closed.untilMs);
        }
      }),
    );
  });

  test("never stays closed longer than a venue's longest ban", () => {
    const closure = afterAnswer(undefined, { status: 418, retryAfter: "999999999", nowMs: 0 });
    expect(closure?.untilMs).toBe(waitMsMax);
  });
});
