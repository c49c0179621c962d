/** The venue's clock: followed from the middle of the way there and back; a useless answer changes nothing. */
import { expect, test } from "vitest";
import { createLog } from "../../src/base/log.ts";
import { clockOffset, measureAgainMs, roundTripMsMax } from "../../src/venue/clock-offset.ts";
import type { VenueConnection, VenueReply } from "../../src/venue/connection.ts";

/** A venue that answers after `wayMs` there and `wayMs` back, by a clock that a test moves. */
function measured(options: { aheadMs: number; wayMs?: number; reply?: VenueReply }) {
  const { aheadMs, wayMs = 0, reply } = options;
  let nowMs = 1_700_000_000_000;
  let asked = 0;
  const connection: VenueConnection = {
    send() {
      asked += 1;
      nowMs += wayMs;
      const body = JSON.stringify({ serverTime: nowMs + aheadMs });
      nowMs += wayMs;
      return Promise.resolve(reply ?? { kind: "answered", status: 200, headers: new Map(), body });
    },
    close: () => Promise.resolve(),
  };
  const clock = { nowMs: () => nowMs, steady: () => true };
  const offset = clockOffset({ connection, clock, log: createLog("silent") });
  const advance = (byMs: number): void => void (nowMs += byMs);
  return { offset, clock, asked: () => asked, advance };
}

test.each([0, 250, -4_000])("a venue %d ms ahead is followed", async (aheadMs) => {
  const { offset, clock } = measured({ aheadMs, wayMs: 40 });
  expect(offset.offsetMs()).toBeUndefined();
  expect(offset.venueNowMs()).toBe(clock.nowMs());
  await offset.start();
  expect(offset.offsetMs()).toBe(aheadMs);
  expect(offset.venueNowMs()).toBe(clock.nowMs() + aheadMs);
  offset.close();
});

test.each<[string, { aheadMs: number; wayMs?: number; reply?: VenueReply }]>([
  ["is too slow", { aheadMs: 5, wayMs: roundTripMsMax }],
  ["is an error", { aheadMs: 5, reply: { kind: "answered", status: 500, headers: new Map(), body: "{}" } }],
  [
    "is no number",
    { aheadMs: 5, reply: { kind: "answered", status: 200, headers: new Map(), body: '{"serverTime":"1"}' } },
  ],
  [
    "is no JSON",
    { aheadMs: 5, reply: { kind: "answered", status: 200, headers: new Map(), body: "<html>" } },
  ],
  ["does not come", { aheadMs: 5, reply: { kind: "unsent", reason: "refused" } }],
])("an answer that %s tells nothing", async (_name, options) => {
  const { offset } = measured(options);
  await offset.start();
  expect(offset.offsetMs()).toBeUndefined();
  offset.close();
});

test("doubt asks again, but not in a storm", async () => {
  const { offset, asked, advance } = measured({ aheadMs: 7 });
  await offset.start();
  offset.doubt();
  offset.doubt();
  expect(asked()).toBe(1);
  advance(measureAgainMs);
  offset.doubt();
  await expect.poll(asked).toBe(2);
  offset.close();
});
