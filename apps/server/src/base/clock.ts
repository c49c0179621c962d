/**
 * Time comes in by the front door: rooms take a `Clock` and never ask the machine themselves.
 * This file alone reads the wall clock.
 */

/** Milliseconds since the Unix epoch, and a count that no clock step can move. */
export interface Clock {
  /** Wall time, milliseconds since 1970-01-01 UTC; may step in either direction. */
  wallMs(): number;
  /** Milliseconds since an arbitrary start; never runs backwards. */
  monotonicMs(): number;
}

/** The machine's own clocks. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** A step back larger than this stops mutations (DESIGN 5, Time). */
export const clockStepBackMsMax = 500;

/**
 * The clock that verifies timestamps and answers `GET /api/v3/time`: it never runs backwards.
 * While the wall clock is more than `clockStepBackMsMax` behind it, `steady()` is false and no mutation may pass.
 */
export interface VerifyingClock {
  /** Milliseconds since the epoch, never less than any earlier answer. */
  nowMs(): number;
  /** False while the wall clock has fallen back and has not caught up. */
  steady(): boolean;
}

/**
 * Builds the verifying clock.
 * @param floorMs the newest time known from an earlier run (the journal's last entry); 0 when there is none.
 */
export function verifyingClock(clock: Clock, floorMs = 0): VerifyingClock {
  let highestMs = floorMs;
  return {
    nowMs() {
      highestMs = Math.max(highestMs, clock.wallMs());
      return highestMs;
    },
    steady: () => highestMs - clock.wallMs() <= clockStepBackMsMax,
  };
}
