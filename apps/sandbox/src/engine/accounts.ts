// The exchange's customers: flags, commission rates, their orders and trades. Amounts live in the ledger;
// histories are bounded.

import type { CommissionRates } from "./fees.ts";
import type { Order, OwnTrade } from "./order.ts";

export const ordersKeptMax = 50_000;
export const ownTradesKeptMax = 50_000;

/** `house` accounts are the market makers: their closed orders and trades are not kept. */
export type AccountKind = "customer" | "house" | "fees";

export interface AccountFlags {
  canTrade: boolean;
  canWithdraw: boolean;
  canDeposit: boolean;
}

export class Account {
  readonly uid: number;
  readonly kind: AccountKind;
  readonly rates: CommissionRates;
  readonly flags: AccountFlags;
  updateTimeMs: number;
  /** Every kept order by `symbol:orderId`, oldest first. */
  readonly orders = new Map<string, Order>();
  /** Open orders by symbol, then by order id. */
  readonly open = new Map<string, Map<number, Order>>();
  readonly trades: OwnTrade[] = [];

  constructor(spec: {
    uid: number;
    kind: AccountKind;
    rates: CommissionRates;
    flags: AccountFlags;
    timeMs: number;
  }) {
    this.uid = spec.uid;
    this.kind = spec.kind;
    this.rates = spec.rates;
    this.flags = spec.flags;
    this.updateTimeMs = spec.timeMs;
  }

  /** Open orders of one symbol, or of all, oldest first. */
  openOrders(symbol?: string): Order[] {
    if (symbol !== undefined) return [...(this.open.get(symbol)?.values() ?? [])];
    return [...this.open.values()].flatMap((orders) => [...orders.values()]);
  }

  order(symbol: string, orderId: number): Order | undefined {
    return this.orders.get(`${symbol}:${orderId}`);
  }

  /** The newest kept order of that client id: ids may repeat once an order is closed. */
  orderByClientId(symbol: string, clientOrderId: string): Order | undefined {
    const open = this.openOrders(symbol).find((order) => order.clientOrderId === clientOrderId);
    if (open !== undefined) return open;
    return [...this.orders.values()].findLast(
      (order) => order.symbol === symbol && order.clientOrderId === clientOrderId,
    );
  }

  rest(order: Order): void {
    let orders = this.open.get(order.symbol);
    if (orders === undefined) this.open.set(order.symbol, (orders = new Map()));
    orders.set(order.orderId, order);
  }

  /** An order has left the book; a house order leaves the memory with it. */
  unrest(order: Order): void {
    this.open.get(order.symbol)?.delete(order.orderId);
    if (this.kind === "house") this.orders.delete(`${order.symbol}:${order.orderId}`);
  }

  remember(order: Order): void {
    this.orders.set(`${order.symbol}:${order.orderId}`, order);
    if (this.orders.size <= ordersKeptMax) return;
    for (const [key, old] of this.orders) {
      if (old.status === "NEW" || old.status === "PARTIALLY_FILLED") continue;
      this.orders.delete(key);
      return;
    }
  }

  rememberTrade(trade: OwnTrade): void {
    if (this.kind === "house") return;
    this.trades.push(trade);
    if (this.trades.length > ownTradesKeptMax) this.trades.shift();
  }
}
