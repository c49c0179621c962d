// Money is neither made nor lost, whatever anybody does: fast-check drives the engine with arbitrary sequences.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Refusal } from "../src/errors.ts";
import { Exchange } from "../src/engine/exchange.ts";
import { multiply, parseDecimal } from "../src/engine/decimal.ts";
import type { NewOrder, Trade } from "../src/engine/order.ts";
import { symbolRules } from "../src/market/symbols.ts";
import { openVenue, type Venue } from "../src/venue.ts";

// Tick times step is finer than eight decimals, so every rounding rule is at work.
const awkward = symbolRules({
  symbol: "AAABBB",
  baseAsset: "AAA",
  quoteAsset: "BBB",
  tickSize: "0.00001",
  stepSize: "0.0001",
  startPrice: "0.00037",
  quoteSize: "0.01",
  minNotional: "0",
});

const customers = [11, 12, 13] as const;

const placing = fc.record({
  what: fc.constant("place" as const),
  uid: fc.constantFrom(...customers),
  side: fc.constantFrom("BUY" as const, "SELL" as const),
  kind: fc.constantFrom("GTC" as const, "IOC" as const, "FOK" as const, "MARKET" as const, "QUOTE" as const),
  ticks: fc.integer({ min: 1, max: 60 }),
  lots: fc.integer({ min: 1, max: 400 }),
});
const canceling = fc.record({
  what: fc.constant("cancel" as const),
  uid: fc.constantFrom(...customers),
  which: fc.nat(),
});
const moving = fc.record({ what: fc.constant("tick" as const) });
const deeds = fc.array(
  fc.oneof({ weight: 8, arbitrary: placing }, { weight: 3, arbitrary: canceling }, moving),
  {
    maxLength: 60,
  },
);
type Deed = typeof deeds extends fc.Arbitrary<(infer One)[]> ? One : never;

function request(deed: Extract<Deed, { what: "place" }>, number: number): NewOrder {
  const market = deed.kind === "MARKET" || deed.kind === "QUOTE";
  const quantity = awkward.stepSize * BigInt(deed.lots);
  const price = awkward.tickSize * BigInt(deed.ticks);
  return {
    uid: deed.uid,
    symbol: awkward.symbol,
    side: deed.side,
    type: market ? "MARKET" : "LIMIT",
    timeInForce: deed.kind === "IOC" || deed.kind === "FOK" ? deed.kind : "GTC",
    price: market ? 0n : price,
    quantity: deed.kind === "QUOTE" ? 0n : quantity,
    quoteOrderQty: deed.kind === "QUOTE" ? multiply(price, quantity) + 1n : 0n,
    clientOrderId: `c${number}`,
  };
}

/** Does one deed; a refusal is fine, a ledger fault is not. */
function act(exchange: Exchange, tick: () => void, deed: Deed, number: number): void {
  try {
    if (deed.what === "place") exchange.place(request(deed, number), number);
    else if (deed.what === "tick") tick();
    else {
      const open = exchange.account(deed.uid).openOrders();
      const order = open[deed.which % Math.max(1, open.length)];
      if (order !== undefined) exchange.cancel(order, number);
    }
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
  }
}

function fund(exchange: Exchange): void {
  for (const uid of customers) {
    exchange.openAccount({ uid, kind: "customer", timeMs: 0 });
    exchange.ledger.deposit(uid, "AAA", parseDecimal("0.05"));
    exchange.ledger.deposit(uid, "BBB", parseDecimal("0.00005"));
  }
}

function openMarket(marketMakers: boolean): Venue {
  const venue = openVenue({ seed: 3, symbols: [awkward], marketMakers, history: false, nowMs: 0 });
  fund(venue.exchange);
  return venue;
}

/** Locked money is exactly what open orders hold, and nobody owes anything. */
function checkBooks(exchange: Exchange): void {
  for (const uid of exchange.ledger.uids()) {
    const held = new Map<string, bigint>();
    for (const order of exchange.account(uid).openOrders()) {
      const asset = order.side === "BUY" ? awkward.quoteAsset : awkward.baseAsset;
      held.set(asset, (held.get(asset) ?? 0n) + order.locked);
    }
    for (const [asset, { free, locked }] of exchange.ledger.balances(uid)) {
      expect(free >= 0n && locked >= 0n).toBe(true);
      expect(locked).toBe(held.get(asset) ?? 0n);
    }
  }
}

describe("under any sequence of orders, cancels and market moves", () => {
  test.each([false, true])("money is conserved and nobody goes below zero (market makers: %s)", (makers) => {
    fc.assert(
      fc.property(deeds, (sequence) => {
        const venue = openMarket(makers);
        const before = venue.exchange.ledger.totals();
        for (const [index, deed] of sequence.entries()) {
          act(venue.exchange, () => venue.makers?.tick(index), deed, index);
          checkBooks(venue.exchange);
        }
        for (const [asset, total] of venue.exchange.ledger.totals())
          expect([asset, total]).toEqual([asset, before.get(asset) ?? 0n]);
      }),
      { numRuns: makers ? 40 : 150 },
    );
  });

  test("both sides execute the same volume, and no order more than it asked for", () => {
    fc.assert(
      fc.property(deeds, (sequence) => {
        const { exchange } = openMarket(false);
        for (const [index, deed] of sequence.entries()) act(exchange, () => undefined, deed, index);
        const orders = customers.flatMap((uid) => [...exchange.account(uid).orders.values()]);
        const sum = (side: string, of: "executedQty" | "quoteQty"): bigint =>
          orders.filter((order) => order.side === side).reduce((total, order) => total + order[of], 0n);
        expect(sum("BUY", "executedQty")).toBe(sum("SELL", "executedQty"));
        expect(sum("BUY", "quoteQty")).toBe(sum("SELL", "quoteQty"));
        for (const order of orders) {
          expect(order.executedQty <= order.quantity).toBe(true);
          if (order.quoteOrderQty > 0n) expect(order.quoteQty <= order.quoteOrderQty).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });
});

/** The plainest matching there is: look through everything that rests for the best, oldest first. */
class NaiveBook {
  readonly #resting: { id: number; side: string; price: bigint; left: bigint }[] = [];

  limit(id: number, side: "BUY" | "SELL", price: bigint, quantity: bigint): [number, bigint][] {
    let left = quantity;
    const fills: [number, bigint][] = [];
    while (left > 0n) {
      const candidates = this.#resting.filter(
        (order) =>
          order.left > 0n &&
          order.side !== side &&
          (side === "BUY" ? order.price <= price : order.price >= price),
      );
      const better = (a: bigint, b: bigint): boolean => (side === "BUY" ? a < b : a > b);
      const best = candidates.reduce<(typeof candidates)[0] | undefined>(
        (found, order) => (found === undefined || better(order.price, found.price) ? order : found),
        undefined,
      );
      if (best === undefined) break;
      const taken = best.left < left ? best.left : left;
      best.left -= taken;
      left -= taken;
      fills.push([best.id, taken]);
    }
    this.#resting.push({ id, side, price, left });
    return fills;
  }
}

test("price first, then time: the engine fills as the plainest search would", () => {
  const limits = fc.array(
    fc.tuple(
      fc.constantFrom("BUY" as const, "SELL" as const),
      fc.integer({ min: 30, max: 45 }),
      fc.integer({ min: 1, max: 9 }),
    ),
    { maxLength: 50 },
  );
  fc.assert(
    fc.property(limits, (sequence) => {
      const trades: Trade[] = [];
      const exchange = new Exchange([awkward], (trade) => void trades.push(trade));
      exchange.openAccount({ uid: 11, kind: "customer", timeMs: 0 });
      exchange.ledger.deposit(11, "AAA", parseDecimal("1000"));
      exchange.ledger.deposit(11, "BBB", parseDecimal("1000"));
      const naive = new NaiveBook();
      for (const [index, [side, ticks, lots]] of sequence.entries()) {
        const order = request({ what: "place", uid: 11, side, kind: "GTC", ticks, lots }, index);
        const before = trades.length;
        const ownBefore = exchange.account(11).trades.length;
        const placed = exchange.place(order, index);
        const expected = naive.limit(placed.order.orderId, side, order.price, order.quantity);
        expect(trades.slice(before).map((trade) => trade.qty)).toEqual(expected.map(([, qty]) => qty));
        const makers = exchange.account(11).trades.slice(ownBefore);
        expect(makers.filter((trade) => trade.isMaker).map((trade) => trade.orderId)).toEqual(
          expected.map(([id]) => id),
        );
      }
    }),
    { numRuns: 200 },
  );
});

describe("the same seed and the same deeds", () => {
  const digest = (seed: number, sequence: Deed[]): string => {
    const venue = openVenue({
      seed,
      symbols: [awkward],
      marketMakers: true,
      history: true,
      nowMs: 1_000_000_000,
    });
    fund(venue.exchange);
    for (const [index, deed] of sequence.entries())
      act(venue.exchange, () => venue.makers?.tick(1_000_000_000 + index), deed, index);
    const { exchange, tape } = venue;
    const state = {
      balances: exchange.ledger.uids().map((uid) => [uid, [...exchange.ledger.balances(uid)]]),
      book: (["BUY", "SELL"] as const).map((side) => exchange.book("AAABBB").levels(side)),
      updateId: exchange.book("AAABBB").updateId,
      orders: customers.map((uid) => [...exchange.account(uid).orders.values()]),
      trades: tape.trades("AAABBB", 10_000),
      next: venue.random.text(22),
    };
    return JSON.stringify(state, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
  };

  test("lead to the same exchange", () => {
    fc.assert(
      fc.property(fc.nat(), deeds, (seed, sequence) => {
        expect(digest(seed, sequence)).toBe(digest(seed, sequence));
      }),
      { numRuns: 15 },
    );
  });

  test("and another seed to another", () => {
    expect(digest(1, [])).not.toBe(digest(2, []));
  });
});
