/**
 * How far the venue's clock is from ours: measured against `GET /api/v3/time`, half the way there and back, as NTP
 * does. What we countersign is stamped with the venue's time, so that a host whose clock is a little off still trades.
 */
import { reasonOf } from "../base/log.ts";
import type { Log } from "../base/log.ts";
import type { VerifyingClock } from "../base/clock.ts";
import type { VenueConnection } from "./connection.ts";

/** Between two measurements, in milliseconds. */
export const measureEveryMs = 60_000;
/** After a failure, and at the earliest after the venue called a timestamp wrong. */
export const measureAgainMs = 5_000;
/** A slower answer says too little about the time. */
export const roundTripMsMax = 3_000;

export interface ClockOffset {
  /** The venue's time by our clock, whole milliseconds since the epoch. */
  venueNowMs(): number;
  /** Milliseconds the venue is ahead of us; undefined before the first measurement. */
  offsetMs(): number | undefined;
  /** Measures now and from now on; resolves after the first measurement, whether it worked or not. */
  start(): Promise<void>;
  /** The venue called a timestamp wrong: measure soon, but not more often than every `measureAgainMs`. */
  doubt(): void;
  close(): void;
}

export function clockOffset(parts: {
  connection: VenueConnection;
  clock: VerifyingClock;
  log: Log;
}): ClockOffset {
  const { connection, clock, log } = parts;
  let offset: number | undefined;
  let measuredMs = Number.NEGATIVE_INFINITY;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  async function measure(): Promise<boolean> {
    const sentMs = clock.nowMs();
    measuredMs = sentMs;
    const request = { method: "GET", target: "/api/v3/time", headers: {}, body: undefined } as const;
    const reply = await connection.send(request, () => {});
    const receivedMs = clock.nowMs();
    const serverTimeMs =
      reply.kind === "answered" && reply.status === 200 ? serverTimeOf(reply.body) : undefined;
    if (serverTimeMs === undefined || receivedMs - sentMs > roundTripMsMax) {
      log.warn("venue clock not measured", { reply: reply.kind, roundTripMs: receivedMs - sentMs });
      return false;
    }
    offset = Math.round(serverTimeMs - (sentMs + receivedMs) / 2);
    return true;
  }

  async function measureAndPlan(): Promise<void> {
    const measured = await measure().catch((error: unknown) => {
      log.error("venue clock measurement failed", { reason: reasonOf(error) });
      return false;
    });
    plan(measured ? measureEveryMs : measureAgainMs);
  }

  function plan(waitMs: number): void {
    clearTimeout(timer);
    if (closed) return;
    timer = setTimeout(() => void measureAndPlan(), waitMs);
    timer.unref();
  }

  return {
    venueNowMs: () => clock.nowMs() + (offset ?? 0),
    offsetMs: () => offset,
    start: measureAndPlan,
    doubt() {
      if (clock.nowMs() - measuredMs >= measureAgainMs) plan(0);
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

function serverTimeOf(body: string): number | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== "object" || value === null || !("serverTime" in value)) return undefined;
    return typeof value.serverTime === "number" && Number.isSafeInteger(value.serverTime)
      ? value.serverTime
      : undefined;
  } catch {
    return undefined;
  }
}
