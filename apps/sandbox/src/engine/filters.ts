// The symbol filters of an order before it reaches the book, with Binance's texts (filters.md). Pure: rules,
// order and the market's average price in, a refusal or nothing out.

import { refusals } from "../errors.ts";
import { multiply } from "./decimal.ts";
import type { NewOrder, SymbolRules } from "./order.ts";

/** What the filters need to know besides the order itself. */
export interface FilterFacts {
  /** Average over `avgPriceMins`, or the last price; 0 while nothing has traded. */
  readonly averagePrice: bigint;
  readonly openOrders: number;
}

const outside = (value: bigint, min: bigint, max: bigint): boolean =>
  (min > 0n && value < min) || (max > 0n && value > max);

/** @throws Refusal -1013 naming the first filter that fails. */
export function checkFilters(order: NewOrder, rules: SymbolRules, facts: FilterFacts): void {
  if (order.type === "LIMIT") checkPrice(order, rules, facts);
  if (order.quoteOrderQty === 0n) checkLot(order, rules);
  checkNotional(order, rules, facts);
  if (facts.openOrders >= rules.maxNumOrders) throw refusals.filter("MAX_NUM_ORDERS");
}

function checkPrice(order: NewOrder, rules: SymbolRules, facts: FilterFacts): void {
  const { price } = order;
  if (price === 0n) throw refusals.invalidPrice();
  if (outside(price, rules.minPrice, rules.maxPrice)) throw refusals.filter("PRICE_FILTER");
  if (rules.tickSize > 0n && price % rules.tickSize !== 0n) throw refusals.filter("PRICE_FILTER");
  if (facts.averagePrice === 0n) return;
  const low = multiply(facts.averagePrice, rules.multiplierDown);
  const high = multiply(facts.averagePrice, rules.multiplierUp);
  if (price < low || price > high) throw refusals.filter("PERCENT_PRICE_BY_SIDE");
}

function checkLot(order: NewOrder, rules: SymbolRules): void {
  const { quantity } = order;
  if (quantity === 0n) throw refusals.invalidQuantity();
  const offStep = rules.stepSize > 0n && quantity % rules.stepSize !== 0n;
  if (outside(quantity, rules.minQty, rules.maxQty) || offStep) throw refusals.filter("LOT_SIZE");
  if (order.type === "MARKET" && outside(quantity, 0n, rules.marketMaxQty))
    throw refusals.filter("MARKET_LOT_SIZE");
}

function checkNotional(order: NewOrder, rules: SymbolRules, facts: FilterFacts): void {
  const notional =
    order.quoteOrderQty > 0n
      ? order.quoteOrderQty
      : multiply(order.type === "LIMIT" ? order.price : facts.averagePrice, order.quantity);
  // With no price to go by, a market order's notional is unknown and the book itself decides.
  if (order.type === "MARKET" && notional === 0n) return;
  if (notional < rules.minNotional) throw refusals.filter("NOTIONAL");
  if (order.type === "LIMIT" && outside(notional, 0n, rules.maxNotional)) throw refusals.filter("NOTIONAL");
}
