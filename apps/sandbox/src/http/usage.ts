// Request weight by address and order counts by account, in calendar windows as Binance counts them. It counts
// and reports; it refuses nothing.

const minuteMs = 60_000;
const tenSecondsMs = 10_000;
const dayMs = 24 * 60 * minuteMs;

export const addressesKeptMax = 10_000;

class WindowCounts {
  readonly #lengthMs: number;
  readonly #counts = new Map<string, { windowStartMs: number; count: number }>();

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs;
  }

  /** Adds to the subject's current window and returns the sum. */
  add(subject: string, amount: number, nowMs: number): number {
    const windowStartMs = Math.floor(nowMs / this.#lengthMs) * this.#lengthMs;
    const known = this.#counts.get(subject);
    const count = (known?.windowStartMs === windowStartMs ? known.count : 0) + amount;
    if (known === undefined && this.#counts.size >= addressesKeptMax) this.#dropOldest();
    this.#counts.set(subject, { windowStartMs, count });
    return count;
  }

  #dropOldest(): void {
    for (const subject of this.#counts.keys()) {
      this.#counts.delete(subject);
      return;
    }
  }
}

export class Usage {
  readonly #weight = new WindowCounts(minuteMs);
  readonly #ordersTenSeconds = new WindowCounts(tenSecondsMs);
  readonly #ordersDay = new WindowCounts(dayMs);

  /** Charges an address and gives the headers that say so. */
  chargeWeight(address: string, weight: number, nowMs: number): Record<string, string> {
    const used = String(this.#weight.add(address, weight, nowMs));
    return { "x-mbx-used-weight": used, "x-mbx-used-weight-1m": used };
  }

  /** Counts accepted new orders of an account and gives the headers. */
  countOrders(uid: number, orders: number, nowMs: number): Record<string, string> {
    return {
      "x-mbx-order-count-10s": String(this.#ordersTenSeconds.add(String(uid), orders, nowMs)),
      "x-mbx-order-count-1d": String(this.#ordersDay.add(String(uid), orders, nowMs)),
    };
  }
}
