// One symbol's resting orders by price, then by time. It knows nothing of money or of who may trade; it only
// keeps the queue and says what stands in it.

import type { Order, Side } from "./order.ts";

export interface Level {
  readonly price: bigint;
  readonly orders: Order[];
}

const remaining = (order: Order): bigint => order.quantity - order.executedQty;

/** What a level still offers. */
export function levelQty(level: Level): bigint {
  return level.orders.reduce((sum, order) => sum + remaining(order), 0n);
}

export class OrderBook {
  /** Best price first, so bids fall and asks rise. */
  readonly #levels: Record<Side, Level[]> = { BUY: [], SELL: [] };
  #updateId = 0;

  /** Grows by one with every change; the `lastUpdateId` of a depth answer. */
  get updateId(): number {
    return this.#updateId;
  }

  levels(side: Side): readonly Level[] {
    return this.#levels[side];
  }

  best(side: Side): Level | undefined {
    return this.#levels[side][0];
  }

  /** Puts an order at the end of its price's queue. */
  add(order: Order): void {
    const levels = this.#levels[order.side];
    const at = this.#position(order.side, order.price);
    const level = levels[at];
    if (level !== undefined && level.price === order.price) level.orders.push(order);
    else levels.splice(at, 0, { price: order.price, orders: [order] });
    this.#updateId += 1;
  }

  /** Takes an order out; one that is not there is a fault of the engine. */
  remove(order: Order): void {
    const levels = this.#levels[order.side];
    const at = this.#position(order.side, order.price);
    const level = levels[at];
    const index = level?.price === order.price ? level.orders.indexOf(order) : -1;
    if (level === undefined || index < 0) throw new Error(`order ${order.orderId} is not on the book`);
    level.orders.splice(index, 1);
    if (level.orders.length === 0) levels.splice(at, 1);
    this.#updateId += 1;
  }

  /** Says that a resting order's quantity changed in place. */
  touch(): void {
    this.#updateId += 1;
  }

  /** Index of the price's level, or where it would have to be put. */
  #position(side: Side, price: bigint): number {
    const levels = this.#levels[side];
    let low = 0;
    let high = levels.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = levels[middle]?.price ?? 0n;
      if (side === "BUY" ? at > price : at < price) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
