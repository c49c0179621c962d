// The private reads: account, orders, own trades, and what the key may do. Nothing here changes the exchange.

import { formatDecimal as text } from "../engine/decimal.ts";
import { refusals } from "../errors.ts";
import { orderAnswer, tradeAnswer } from "./answers.ts";
import { findOrder } from "./cancel.ts";
import { symbolOf, weighs, type Endpoint, type Json, type SignedCall } from "./endpoint.ts";

const rowsDefault = 500;
const rowsMax = 1_000;
const windowMaxMs = 24 * 60 * 60 * 1_000;

function accountAnswer(call: SignedCall): Json {
  const { account, venue } = call;
  const balances = venue.exchange.ledger.balances(account.uid);
  const assets = new Set([
    ...venue.exchange.symbols.flatMap((rules) => [rules.baseAsset, rules.quoteAsset]),
    ...balances.keys(),
  ]);
  const rows = [...assets].map((asset) => ({ asset, ...(balances.get(asset) ?? { free: 0n, locked: 0n }) }));
  const shown = call.parameters.flag("omitZeroBalances")
    ? rows.filter((row) => row.free > 0n || row.locked > 0n)
    : rows;
  const { maker, taker } = account.rates;
  // The old integer fields count basis points.
  const basisPoints = (rate: bigint): number => Number(rate / 10_000n);
  return {
    makerCommission: basisPoints(maker),
    takerCommission: basisPoints(taker),
    buyerCommission: 0,
    sellerCommission: 0,
    commissionRates: { maker: text(maker), taker: text(taker), buyer: text(0n), seller: text(0n) },
    canTrade: account.flags.canTrade,
    canWithdraw: account.flags.canWithdraw,
    canDeposit: account.flags.canDeposit,
    brokered: false,
    requireSelfTradePrevention: false,
    preventSor: false,
    updateTime: call.time(account.updateTimeMs),
    accountType: "SPOT",
    balances: shown.map(({ asset, free, locked }) => ({ asset, free: text(free), locked: text(locked) })),
    permissions: ["SPOT"],
    uid: account.uid,
  };
}

function queryOrder(call: SignedCall): Json {
  const order = findOrder(call, symbolOf(call).symbol);
  if (order === undefined) throw refusals.noSuchOrder();
  return orderAnswer(call, order);
}

function openOrders(call: SignedCall): Json {
  const symbol = call.parameters.has("symbol") ? symbolOf(call).symbol : undefined;
  return call.account.openOrders(symbol).map((order) => orderAnswer(call, order));
}

/** The window of a listing. @throws Refusal -1127 above 24 hours */
function window(call: SignedCall): { fromMs: number | undefined; untilMs: number | undefined } {
  const fromMs = call.parameters.time("startTime");
  const untilMs = call.parameters.time("endTime");
  if (fromMs !== undefined && untilMs !== undefined && untilMs - fromMs > windowMaxMs)
    throw refusals.moreThanHours("24");
  return { fromMs, untilMs };
}

function inside(timeMs: number, { fromMs, untilMs }: ReturnType<typeof window>): boolean {
  return (fromMs === undefined || timeMs >= fromMs) && (untilMs === undefined || timeMs <= untilMs);
}

/** Oldest rows where a beginning is named, newest otherwise; always in rising order. */
function page<Row>(rows: readonly Row[], hasBeginning: boolean, limit: number): readonly Row[] {
  return hasBeginning ? rows.slice(0, limit) : rows.slice(-limit);
}

function allOrders(call: SignedCall): Json {
  const { symbol } = symbolOf(call);
  const span = window(call);
  const firstId = call.parameters.integer("orderId");
  const rows = [...call.account.orders.values()].filter(
    (order) =>
      order.symbol === symbol &&
      (firstId === undefined ? inside(order.timeMs, span) : order.orderId >= firstId),
  );
  const hasBeginning = firstId !== undefined || span.fromMs !== undefined;
  const limit = call.parameters.limit(rowsDefault, rowsMax);
  return page(rows, hasBeginning, limit).map((order) => orderAnswer(call, order));
}

function myTrades(call: SignedCall): Json {
  const { parameters } = call;
  const { symbol } = symbolOf(call);
  const timed = parameters.has("startTime") || parameters.has("endTime");
  if (timed && (parameters.has("orderId") || parameters.has("fromId"))) throw refusals.combination();
  const span = window(call);
  const orderId = parameters.integer("orderId");
  const fromId = parameters.integer("fromId");
  const rows = call.account.trades.filter(
    (trade) =>
      trade.symbol === symbol &&
      (orderId === undefined || trade.orderId === orderId) &&
      (fromId === undefined || trade.id >= fromId) &&
      inside(trade.timeMs, span),
  );
  const hasBeginning = fromId !== undefined || span.fromMs !== undefined;
  const limit = parameters.limit(rowsDefault, rowsMax);
  return page(rows, hasBeginning, limit).map((trade) => tradeAnswer(call, trade));
}

function apiRestrictions(call: SignedCall): Json {
  const { key } = call;
  return {
    ipRestrict: key.addresses !== undefined,
    createTime: call.time(key.createTimeMs),
    enableReading: key.permissions.reading,
    enableWithdrawals: key.permissions.withdrawals,
    enableInternalTransfer: false,
    enableMargin: false,
    enableFutures: false,
    permitsUniversalTransfer: false,
    enableVanillaOptions: false,
    enableFixApiTrade: false,
    enableFixReadOnly: false,
    enableSpotAndMarginTrading: key.permissions.trade,
    enablePortfolioMarginTrading: false,
  };
}

const read = { method: "GET", security: "USER_DATA" } as const;
const symbolParameter = { name: "symbol", kind: "symbol", mandatory: true } as const;
const listing = [
  { name: "startTime", kind: "integer" },
  { name: "endTime", kind: "integer" },
  { name: "limit", kind: "integer" },
] as const;

export const accountEndpoints: readonly Endpoint[] = [
  {
    ...read,
    path: "/api/v3/account",
    weight: weighs(20),
    parameters: [{ name: "omitZeroBalances", kind: "boolean" }],
    handle: accountAnswer,
  },
  {
    ...read,
    path: "/api/v3/order",
    weight: weighs(4),
    parameters: [
      symbolParameter,
      { name: "orderId", kind: "integer" },
      { name: "origClientOrderId", kind: "clientOrderId" },
    ],
    handle: queryOrder,
  },
  {
    ...read,
    path: "/api/v3/openOrders",
    weight: (parameters) => (parameters?.has("symbol") === true ? 6 : 80),
    parameters: [{ name: "symbol", kind: "symbol" }],
    handle: openOrders,
  },
  {
    ...read,
    path: "/api/v3/allOrders",
    weight: weighs(20),
    parameters: [symbolParameter, { name: "orderId", kind: "integer" }, ...listing],
    handle: allOrders,
  },
  {
    ...read,
    path: "/api/v3/myTrades",
    weight: (parameters) => (parameters?.has("orderId") === true ? 5 : 20),
    parameters: [
      symbolParameter,
      { name: "orderId", kind: "integer" },
      { name: "fromId", kind: "integer" },
      ...listing,
    ],
    handle: myTrades,
  },
  {
    ...read,
    path: "/sapi/v1/account/apiRestrictions",
    weight: weighs(1),
    parameters: [],
    handle: apiRestrictions,
  },
];
