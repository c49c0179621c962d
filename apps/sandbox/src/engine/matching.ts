// What an incoming order would take from the book, worked out without changing anything: price-time priority,
// limit price, quantity or quote budget, lot step. Applying the plan is the exchange's work.

import { divide, floorTo, multiply } from "./decimal.ts";
import type { Level } from "./order-book.ts";
import type { Order, Side } from "./order.ts";

export interface Match {
  readonly maker: Order;
  readonly qty: bigint;
  readonly quoteQty: bigint;
}

export interface MatchPlan {
  readonly matches: readonly Match[];
  readonly qty: bigint;
  readonly quoteQty: bigint;
  /** True if the demand is met: nothing left, or a budget that buys no further lot. */
  readonly complete: boolean;
}

export interface Demand {
  readonly side: Side;
  /** Undefined for a market order. */
  readonly limitPrice: bigint | undefined;
  /** A quantity of base, or a budget of quote to spend (buy) or to receive at most (sell). */
  readonly quantity: bigint | undefined;
  readonly budget: bigint | undefined;
  readonly stepSize: bigint;
}

const crosses = (demand: Demand, price: bigint): boolean =>
  demand.limitPrice === undefined ||
  (demand.side === "BUY" ? price <= demand.limitPrice : price >= demand.limitPrice);

/** The quantity, in whole lots, that a rest of the budget is worth at a price. */
const lotsLeft = (demand: Demand, rest: bigint, price: bigint): bigint =>
  floorTo(divide(rest, price), demand.stepSize);

/** Plans the fills of a demand against the opposite side's levels, best first. */
export function planMatches(demand: Demand, opposite: readonly Level[]): MatchPlan {
  const matches: Match[] = [];
  let qty = 0n;
  let quoteQty = 0n;
  for (const level of opposite) {
    if (!crosses(demand, level.price)) break;
    for (const maker of level.orders) {
      const wanted =
        demand.budget === undefined
          ? (demand.quantity ?? 0n) - qty
          : lotsLeft(demand, demand.budget - quoteQty, level.price);
      if (wanted <= 0n) return { matches, qty, quoteQty, complete: true };
      const offered = maker.quantity - maker.executedQty;
      const taken = wanted < offered ? wanted : offered;
      const quote = multiply(level.price, taken);
      matches.push({ maker, qty: taken, quoteQty: quote });
      qty += taken;
      quoteQty += quote;
    }
  }
  const last = matches.at(-1);
  const complete =
    demand.budget === undefined
      ? qty === demand.quantity
      : last !== undefined && lotsLeft(demand, demand.budget - quoteQty, last.maker.price) === 0n;
  return { matches, qty, quoteQty, complete };
}
