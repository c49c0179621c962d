// The public market data: time, book, trades, candles and tickers. Reads only; needs no key.

import { formatDecimal as text, divide } from "../engine/decimal.ts";
import { levelQty, type Level } from "../engine/order-book.ts";
import type { SymbolRules } from "../engine/order.ts";
import { refusals } from "../errors.ts";
import type { RequestParameters, ParameterSpec } from "../http/parameters.ts";
import { candleEndMs, gather, secondCandles, type Candle } from "../market/candles.ts";
import { tapeTradesKeptMax } from "../market/tape.ts";
import { chosenSymbols, symbolOf, weighs, type Call, type Endpoint, type Json } from "./endpoint.ts";

const depthMax = 5_000;
const rowsMax = 1_000;

const symbolParameter: ParameterSpec = { name: "symbol", kind: "symbol", mandatory: true };
const limitParameter: ParameterSpec = { name: "limit", kind: "integer" };
const selection: readonly ParameterSpec[] = [
  { name: "symbol", kind: "symbol" },
  { name: "symbols", kind: "symbols" },
  { name: "symbolStatus", kind: "symbolStatus" },
];

const level = (row: Level): Json => [text(row.price), text(levelQty(row))];

function depth(call: Call): Json {
  const book = call.venue.exchange.book(symbolOf(call).symbol);
  const limit = call.parameters.limit(100, depthMax);
  return {
    lastUpdateId: book.updateId,
    bids: book.levels("BUY").slice(0, limit).map(level),
    asks: book.levels("SELL").slice(0, limit).map(level),
  };
}

function depthWeight(parameters: RequestParameters | undefined): number {
  const limit = Number(parameters?.text("limit") ?? "100");
  if (limit <= 100) return 5;
  if (limit <= 500) return 25;
  return limit <= 1_000 ? 50 : 250;
}

function trades(call: Call): Json {
  const { symbol } = symbolOf(call);
  return call.venue.tape.trades(symbol, call.parameters.limit(500, rowsMax)).map((trade) => ({
    id: trade.id,
    price: text(trade.price),
    qty: text(trade.qty),
    quoteQty: text(trade.quoteQty),
    time: call.time(trade.timeMs),
    isBuyerMaker: trade.isBuyerMaker,
    isBestMatch: true,
  }));
}

/** Milliseconds of `±h[h][:mm]`. @throws Refusal -1130 outside -12:00 to +14:00 */
function timeZoneMs(zone: string): number {
  const [, sign, hours, minutes] = /^([+-]?)(\d{1,2})(?::(\d\d))?$/.exec(zone) ?? [];
  const offset = (Number(hours) * 60 + Number(minutes ?? "0")) * (sign === "-" ? -1 : 1);
  if (!(offset >= -12 * 60 && offset <= 14 * 60)) throw refusals.invalidData("timeZone");
  return offset * 60_000;
}

function klines(call: Call): Json {
  const { parameters, venue } = call;
  const { symbol } = symbolOf(call);
  const interval = parameters.need("interval");
  const offsetMs = timeZoneMs(parameters.text("timeZone") ?? "0");
  const limit = parameters.limit(500, rowsMax);
  const sinceMs = parameters.time("startTime");
  const untilMs = parameters.time("endTime") ?? Number.POSITIVE_INFINITY;
  const all =
    interval === "1s"
      ? gather(secondCandles(venue.tape.trades(symbol, tapeTradesKeptMax)), "1s", offsetMs)
      : venue.tape.candles(symbol).candles(interval, offsetMs);
  const inside = all.filter((candle) => candle.openTimeMs >= (sinceMs ?? 0) && candle.openTimeMs <= untilMs);
  const rows = sinceMs === undefined ? inside.slice(-limit) : inside.slice(0, limit);
  return rows.map((candle) => klineRow(call, candle, candleEndMs(candle.openTimeMs, interval, offsetMs)));
}

// Binance's close time is the last millisecond, or the last microsecond, of the candle.
const klineRow = (call: Call, candle: Candle, endMs: number): Json => [
  call.time(candle.openTimeMs),
  text(candle.open),
  text(candle.high),
  text(candle.low),
  text(candle.close),
  text(candle.volume),
  call.time(endMs + 1) - 1,
  text(candle.quoteVolume),
  candle.trades,
  text(candle.takerBase),
  text(candle.takerQuote),
  "0",
];

/** One object for `symbol`, an array for `symbols` or none. */
function perSymbol(row: (call: Call, rules: SymbolRules) => Json): (call: Call) => Json {
  return (call) => {
    const chosen = chosenSymbols(call, () => refusals.duplicateValues("symbols"));
    const matches = (call.parameters.text("symbolStatus") ?? "TRADING") === "TRADING";
    if (call.parameters.has("symbol") && chosen?.[0] !== undefined) {
      if (!matches) throw refusals.symbolStatusMismatch();
      return row(call, chosen[0]);
    }
    return matches ? (chosen ?? call.venue.exchange.symbols).map((rules) => row(call, rules)) : [];
  };
}

const tickerPrice = perSymbol((call, { symbol }) => ({
  symbol,
  price: text(call.venue.tape.last(symbol)?.price ?? 0n),
}));

function bestOf(
  call: Call,
  symbol: string,
): { bidPrice: string; bidQty: string; askPrice: string; askQty: string } {
  const book = call.venue.exchange.book(symbol);
  const bid = book.best("BUY");
  const ask = book.best("SELL");
  return {
    bidPrice: text(bid?.price ?? 0n),
    bidQty: text(bid === undefined ? 0n : levelQty(bid)),
    askPrice: text(ask?.price ?? 0n),
    askQty: text(ask === undefined ? 0n : levelQty(ask)),
  };
}

const bookTicker = perSymbol((call, { symbol }) => ({ symbol, ...bestOf(call, symbol) }));

const dayTicker = perSymbol((call, { symbol }) => {
  const day = call.venue.tape.day(symbol, call.nowMs);
  const change = day.last - day.open;
  const percent = day.open === 0n ? 0n : divide(change * 100n, day.open);
  const range = {
    openPrice: text(day.open),
    highPrice: text(day.high),
    lowPrice: text(day.low),
    volume: text(day.volume),
    quoteVolume: text(day.quoteVolume),
    openTime: call.time(day.openTimeMs),
    closeTime: call.time(day.closeTimeMs),
    firstId: day.firstId,
    lastId: day.lastId,
    count: day.count,
  };
  if (call.parameters.text("type") === "MINI") return { symbol, lastPrice: text(day.last), ...range };
  return {
    symbol,
    priceChange: text(change),
    // Percentages carry three decimals.
    priceChangePercent: text(percent).slice(0, -5),
    weightedAvgPrice: text(day.average),
    prevClosePrice: text(day.previousClose),
    lastPrice: text(day.last),
    lastQty: text(day.lastQty),
    ...bestOf(call, symbol),
    ...range,
  };
});

const symbolOrAll = (parameters: RequestParameters | undefined): number =>
  parameters?.has("symbol") === true ? 2 : 4;

function dayTickerWeight(parameters: RequestParameters | undefined): number {
  if (parameters?.has("symbol") === true) return 2;
  const count = parameters?.text("symbols")?.split(",").length ?? Number.POSITIVE_INFINITY;
  if (count <= 20) return 2;
  return count <= 100 ? 40 : 80;
}

const open = { method: "GET", security: "NONE" } as const;

export const marketData: readonly Endpoint[] = [
  { ...open, path: "/api/v3/ping", weight: weighs(1), parameters: [], handle: () => ({}) },
  {
    ...open,
    path: "/api/v3/time",
    weight: weighs(1),
    parameters: [],
    handle: (call: Call) => ({ serverTime: call.time(call.nowMs) }),
  },
  {
    ...open,
    path: "/api/v3/depth",
    weight: depthWeight,
    parameters: [symbolParameter, limitParameter],
    handle: depth,
  },
  {
    ...open,
    path: "/api/v3/trades",
    weight: weighs(25),
    parameters: [symbolParameter, limitParameter],
    handle: trades,
  },
  {
    ...open,
    path: "/api/v3/klines",
    weight: weighs(2),
    parameters: [
      symbolParameter,
      { name: "interval", kind: "interval", mandatory: true },
      { name: "startTime", kind: "integer" },
      { name: "endTime", kind: "integer" },
      { name: "timeZone", kind: "timeZone" },
      limitParameter,
    ],
    handle: klines,
  },
  { ...open, path: "/api/v3/ticker/price", weight: symbolOrAll, parameters: selection, handle: tickerPrice },
  {
    ...open,
    path: "/api/v3/ticker/bookTicker",
    weight: symbolOrAll,
    parameters: selection,
    handle: bookTicker,
  },
  {
    ...open,
    path: "/api/v3/ticker/24hr",
    weight: dayTickerWeight,
    parameters: [...selection, { name: "type", kind: "tickerType" }],
    handle: dayTicker,
  },
];
