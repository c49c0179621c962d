// The timestamp and recvWindow rules of signed requests (rest-api.md, "Timing security"). Pure.

import { refusals } from "../errors.ts";

export const recvWindowDefaultMs = 5_000;
export const recvWindowMaxMs = 60_000;
const aheadMs = 1_000;
// The documented answer to ms-or-µs is silence; 16 digits can only be microseconds until the year 33658.
const microsecondsFrom = 1e15;

export interface Timing {
  readonly timestampMs: number;
  readonly recvWindowMs: number;
}

/** Epoch milliseconds (with a fraction for microseconds) of a digits-only timestamp in either unit. */
export function timestampMs(digits: string): number {
  const value = Number(digits);
  return value >= microsecondsFrom ? value / 1_000 : value;
}

/**
 * Reads the two parameters, already of their legal form.
 * @throws Refusal -1111 for more than three decimals, -1131 above 60000
 */
export function readTiming(timestamp: string, recvWindow: string | undefined): Timing {
  if (recvWindow !== undefined && (recvWindow.split(".")[1] ?? "").length > 3)
    throw refusals.precision("recvWindow");
  const recvWindowMs = recvWindow === undefined ? recvWindowDefaultMs : Number(recvWindow);
  if (recvWindowMs > recvWindowMaxMs) throw refusals.recvWindowTooLarge();
  return { timestampMs: timestampMs(timestamp), recvWindowMs };
}

/** The check on arrival. @throws Refusal -1021 */
export function checkArrival(timing: Timing, nowMs: number): void {
  if (!(timing.timestampMs < nowMs + aheadMs)) throw refusals.aheadOfServer();
  checkStillInside(timing, nowMs);
}

/** The check just before the engine: only the window, not the future. @throws Refusal -1021 */
export function checkStillInside(timing: Timing, nowMs: number): void {
  if (!(nowMs - timing.timestampMs <= timing.recvWindowMs)) throw refusals.outsideRecvWindow();
}
