// Time for the exchange: the interfaces that everything else receives, and the only place that asks the
// machine for the time or sets a timer. Nothing else here may do either.

/** A source of wall time in epoch milliseconds; fractions carry microseconds. */
export interface Clock {
  nowMs(): number;
}

/** Timers, so that a test can hold them. Each call returns its own cancel. */
export interface Scheduler {
  after(delayMs: number, run: () => void): () => void;
  every(periodMs: number, run: () => void): () => void;
}

export const systemClock: Clock = { nowMs: () => Date.now() };

/** Real timers that never keep the process alive by themselves. */
export const systemScheduler: Scheduler = {
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs).unref();
    return () => clearTimeout(timer);
  },
  every(periodMs, run) {
    const timer = setInterval(run, periodMs).unref();
    return () => clearInterval(timer);
  },
};
