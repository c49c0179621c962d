/**
 * The tap to a venue: open, or closed until a time that the venue named. Pure: time is passed in.
 * Binance bans an address that goes on after a 429 or 418, for up to three days; so one refusal stops everybody.
 */

/** Waited when the venue gave no Retry-After, in milliseconds. */
export const unstatedWaitMs = { 429: 60_000, 418: 120_000 } as const;
/** A venue's own bans end within three days. */
export const waitMsMax = 3 * 24 * 3_600_000;

/** Why and until when (milliseconds since the epoch) nothing may be sent. */
export interface Closure {
  readonly status: 429 | 418;
  readonly untilMs: number;
}

/** The closure after an answer with `status`, given the one before. Retry-After is in seconds. */
export function afterAnswer(
  before: Closure | undefined,
  answer: { status: number; retryAfter: string | undefined; nowMs: number },
): Closure | undefined {
  const { status, retryAfter, nowMs } = answer;
  if (status !== 429 && status !== 418) return before;
  const stated =
    retryAfter !== undefined && /^[0-9]{1,9}$/.test(retryAfter) ? Number(retryAfter) * 1000 : undefined;
  const untilMs = nowMs + Math.min(stated ?? unstatedWaitMs[status], waitMsMax);
  if (before !== undefined && before.untilMs >= untilMs) return before;
  return { status, untilMs };
}

/** The closure still in force, or undefined: whole seconds are left to wait, at least one. */
export function closedAt(
  closure: Closure | undefined,
  nowMs: number,
): { status: 429 | 418; untilMs: number; seconds: number } | undefined {
  if (closure === undefined || nowMs >= closure.untilMs) return undefined;
  return { ...closure, seconds: Math.max(1, Math.ceil((closure.untilMs - nowMs) / 1000)) };
}
