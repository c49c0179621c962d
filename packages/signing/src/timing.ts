// Binance's rule for `timestamp` and `recvWindow`, in whole microseconds so that no border is blurred by rounding.
// Reads no clock: the time comes in.

/** The window a request has when it names none. */
export const recvWindowDefaultMs = 5_000;
export const recvWindowMaxMs = 60_000;

const aheadMaxUs = 1_000_000;
const usPerMs = 1_000;
// 2017-01-01T00:00:00Z: older stamps are malformed input, not late (Binance CHANGELOG, 2024-12-12).
const oldestUs = 1_483_228_800_000_000;
// 13 digits are milliseconds until the year 33658, 16 digits are microseconds.
const microsecondsFrom = 1e15;

const timestampForm = /^[1-9][0-9]{0,19}$/;
const recvWindowForm = /^(0|[1-9][0-9]{0,19})(?:\.([0-9]{1,3}))?$/;

export interface TimingInput {
  timestamp: string;
  recvWindow?: string | undefined;
  nowMs: number;
}

export type TimingVerdict =
  | { ok: true; timestampMs: number; recvWindowMs: number; deadlineMs: number }
  | {
      ok: false;
      reason: "timestamp-malformed" | "recv-window-malformed" | "recv-window-too-large" | "ahead" | "outside";
    };

function timestampUs(text: string): number | undefined {
  if (!timestampForm.test(text)) return undefined;
  const value = Number(text);
  const us = value >= microsecondsFrom ? value : value * usPerMs;
  return us >= oldestUs ? us : undefined;
}

function recvWindowUs(text: string): number | undefined {
  const match = recvWindowForm.exec(text);
  if (match === null) return undefined;
  const [, whole = "0", decimals = ""] = match;
  return Number(whole) * usPerMs + Number(decimals.padEnd(3, "0"));
}

/**
 * Whether a request is on time: `timestamp < now + 1000 ms` and `now - timestamp <= recvWindow`. The timestamp is in
 * ms or µs, the window in ms with up to three decimals, default 5000, at most 60000. `deadlineMs` is the last moment
 * the request is good for; milliseconds in the answer may carry fractions.
 * Source: Binance rest-api.md, "Timing security".
 */
export function checkTiming(input: TimingInput): TimingVerdict {
  const stampUs = timestampUs(input.timestamp);
  if (stampUs === undefined) return { ok: false, reason: "timestamp-malformed" };
  const windowUs =
    input.recvWindow === undefined ? recvWindowDefaultMs * usPerMs : recvWindowUs(input.recvWindow);
  if (windowUs === undefined) return { ok: false, reason: "recv-window-malformed" };
  if (windowUs > recvWindowMaxMs * usPerMs) return { ok: false, reason: "recv-window-too-large" };
  const nowUs = Math.round(input.nowMs * usPerMs);
  // Both tests are written so that a clock that is not a number refuses.
  const isAhead = !(stampUs < nowUs + aheadMaxUs);
  if (isAhead) return { ok: false, reason: "ahead" };
  const isInside = nowUs - stampUs <= windowUs;
  if (!isInside) return { ok: false, reason: "outside" };
  return {
    ok: true,
    timestampMs: stampUs / usPerMs,
    recvWindowMs: windowUs / usPerMs,
    deadlineMs: (stampUs + windowUs) / usPerMs,
  };
}
