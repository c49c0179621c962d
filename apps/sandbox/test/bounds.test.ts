// Every store has a named maximum, and keeps the newest.

import { expect, test } from "vitest";
import { Account, ordersKeptMax, ownTradesKeptMax } from "../src/engine/accounts.ts";
import { standardRates } from "../src/engine/fees.ts";
import type { Order, OwnTrade } from "../src/engine/order.ts";
import { addressesKeptMax, Usage } from "../src/http/usage.ts";
import { Journal, journalEntriesMax } from "../src/journal.ts";
import { CandleSeries, minuteCandlesKeptMax, minuteMs } from "../src/market/candles.ts";
import { defaultSymbols, symbolRules } from "../src/market/symbols.ts";
import { Tape, tapeTradesKeptMax } from "../src/market/tape.ts";
import { openVenue } from "../src/venue.ts";

const trade = (id: number, timeMs: number): OwnTrade => ({
  symbol: "AAABBB",
  id,
  price: 5n,
  qty: 2n,
  quoteQty: 1n,
  timeMs,
  isBuyerMaker: false,
  orderId: id,
  isBuyer: true,
  isMaker: false,
  commission: 0n,
  commissionAsset: "AAA",
});

const flags = { canTrade: true, canWithdraw: true, canDeposit: true };
const account = (): Account =>
  new Account({ uid: 9, kind: "customer", rates: standardRates, flags, timeMs: 0 });

const order = (orderId: number, status: Order["status"]): Order => ({
  uid: 9,
  symbol: "AAABBB",
  side: "BUY",
  type: "LIMIT",
  timeInForce: "GTC",
  price: 1n,
  quantity: 1n,
  quoteOrderQty: 0n,
  clientOrderId: String(orderId),
  orderId,
  executedQty: 0n,
  quoteQty: 0n,
  locked: 0n,
  status,
  timeMs: 0,
  updateTimeMs: 0,
});

test("the journal", () => {
  const journal = new Journal();
  const headers = { apiKey: undefined, contentType: undefined, userAgent: undefined };
  for (let index = 0; index < journalEntriesMax + 3; index += 1)
    journal.open({ atMs: index, method: "GET", target: "/", headers, remotePort: 1 });
  expect(journal.entries()).toHaveLength(journalEntriesMax);
  expect(journal.entries()[0]?.seq).toBe(4);
});

test("an account's orders: closed ones go first, open ones stay", () => {
  const customer = account();
  customer.remember(order(0, "NEW"));
  for (let id = 1; id < ordersKeptMax + 3; id += 1) customer.remember(order(id, "FILLED"));
  expect(customer.orders.size).toBe(ordersKeptMax);
  expect(customer.order("AAABBB", 0)?.status).toBe("NEW");
  expect([1, 2, 3].map((id) => customer.order("AAABBB", id))).toEqual([undefined, undefined, undefined]);
  expect(customer.order("AAABBB", 4)?.orderId).toBe(4);
});

test("an account's trades", () => {
  const customer = account();
  for (let id = 0; id < ownTradesKeptMax + 2; id += 1) customer.rememberTrade(trade(id, 0));
  expect(customer.trades).toHaveLength(ownTradesKeptMax);
  expect(customer.trades[0]?.id).toBe(2);
});

test("the house keeps nothing but what is open", () => {
  const symbols = defaultSymbols.map(symbolRules);
  const { exchange, makers } = openVenue({ seed: 1, symbols, marketMakers: true, history: false, nowMs: 0 });
  for (let step = 1; step <= 20; step += 1) makers?.tick(step);
  const houses = [...exchange.accounts.values()].filter(({ kind }) => kind === "house");
  expect(houses).toHaveLength(2);
  for (const house of houses) {
    expect(house.trades).toEqual([]);
    expect(new Set(house.orders.values())).toEqual(new Set(house.openOrders()));
  }
});

test("the tape", () => {
  const tape = new Tape();
  for (let id = 0; id < 3 * tapeTradesKeptMax; id += 1) tape.add(trade(id, id));
  const kept = tape.trades("AAABBB", Number.MAX_SAFE_INTEGER);
  expect(kept.length).toBeGreaterThanOrEqual(tapeTradesKeptMax);
  expect(kept.length).toBeLessThanOrEqual(tapeTradesKeptMax + 1_000);
  expect(kept.at(-1)?.id).toBe(3 * tapeTradesKeptMax - 1);
});

test("the minutes, even across a gap of years", () => {
  const series = new CandleSeries();
  series.add(trade(1, 0));
  series.add(trade(2, 5_000_000 * minuteMs));
  const kept = series.candles("1m", 0);
  expect(kept).toHaveLength(minuteCandlesKeptMax);
  expect(kept.at(-1)).toMatchObject({ openTimeMs: 5_000_000 * minuteMs, trades: 1 });
  expect(kept[0]).toMatchObject({ trades: 0, close: 5n });
});

test("the addresses whose weight is counted", () => {
  const usage = new Usage();
  const used = (address: string): string | undefined =>
    usage.chargeWeight(address, 1, 0)["x-mbx-used-weight"];
  expect([used("first"), used("first")]).toEqual(["1", "2"]);
  for (let index = 0; index < addressesKeptMax; index += 1) used(`a${index}`);
  expect(used("first")).toBe("1");
});
