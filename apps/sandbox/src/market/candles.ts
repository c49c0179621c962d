// Candles from trades: one-minute candles are kept, every longer interval is put together from them, seconds from
// the trade tape. Kept in bounded number; pure.

import { divide } from "../engine/decimal.ts";
import type { Trade } from "../engine/order.ts";

export const minuteCandlesKeptMax = 3_000;
export const minuteMs = 60_000;

export interface Candle {
  openTimeMs: number;
  open: bigint;
  high: bigint;
  low: bigint;
  close: bigint;
  volume: bigint;
  quoteVolume: bigint;
  trades: number;
  takerBase: bigint;
  takerQuote: bigint;
  firstId: number;
  lastId: number;
}

const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Binance's fixed intervals in milliseconds; weeks begin on Monday, months follow the calendar. */
export const intervalsMs: Readonly<Record<string, number>> = {
  "1s": 1_000,
  "1m": minuteMs,
  "3m": 3 * minuteMs,
  "5m": 5 * minuteMs,
  "15m": 15 * minuteMs,
  "30m": 30 * minuteMs,
  "1h": hourMs,
  "2h": 2 * hourMs,
  "4h": 4 * hourMs,
  "6h": 6 * hourMs,
  "8h": 8 * hourMs,
  "12h": 12 * hourMs,
  "1d": dayMs,
  "3d": 3 * dayMs,
  "1w": 7 * dayMs,
  "1M": 0,
};

// 1970-01-01 was a Thursday, so the first Monday began four days later.
const firstMondayMs = 4 * dayMs;

/** Start of the candle that holds a moment; `offsetMs` shifts days into another time zone. */
export function candleStartMs(timeMs: number, interval: string, offsetMs: number): number {
  const local = timeMs + offsetMs;
  if (interval === "1M") {
    const date = new Date(local);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) - offsetMs;
  }
  const length = intervalsMs[interval] ?? minuteMs;
  const anchor = interval === "1w" ? firstMondayMs : 0;
  return anchor + Math.floor((local - anchor) / length) * length - offsetMs;
}

/** The last millisecond of a candle that starts at `startMs`. */
export function candleEndMs(startMs: number, interval: string, offsetMs: number): number {
  if (interval !== "1M") return startMs + (intervalsMs[interval] ?? minuteMs) - 1;
  const date = new Date(startMs + offsetMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) - offsetMs - 1;
}

const flat = (openTimeMs: number, price: bigint, lastId: number): Candle => ({
  openTimeMs,
  open: price,
  high: price,
  low: price,
  close: price,
  volume: 0n,
  quoteVolume: 0n,
  trades: 0,
  takerBase: 0n,
  takerQuote: 0n,
  firstId: -1,
  lastId,
});

function addTrade(candle: Candle, trade: Trade): void {
  if (candle.trades === 0) {
    candle.open = candle.high = candle.low = trade.price;
    candle.firstId = trade.id;
  }
  if (trade.price > candle.high) candle.high = trade.price;
  if (trade.price < candle.low) candle.low = trade.price;
  candle.close = trade.price;
  candle.volume += trade.qty;
  candle.quoteVolume += trade.quoteQty;
  candle.trades += 1;
  candle.lastId = trade.id;
  if (trade.isBuyerMaker) return;
  candle.takerBase += trade.qty;
  candle.takerQuote += trade.quoteQty;
}

/** Puts a later candle on top of an earlier one. */
function merge(into: Candle, later: Candle): void {
  if (into.trades === 0 && later.trades > 0) {
    into.open = later.open;
    into.high = later.high;
    into.low = later.low;
    into.firstId = later.firstId;
  } else if (later.trades > 0) {
    if (later.high > into.high) into.high = later.high;
    if (later.low < into.low) into.low = later.low;
  }
  into.close = later.close;
  into.volume += later.volume;
  into.quoteVolume += later.quoteVolume;
  into.trades += later.trades;
  into.takerBase += later.takerBase;
  into.takerQuote += later.takerQuote;
  into.lastId = later.lastId;
}

/** One symbol's minute candles without gaps between the first trade and the last. */
export class CandleSeries {
  readonly #minutes: Candle[] = [];

  add(trade: Trade): void {
    const start = Math.floor(trade.timeMs / minuteMs) * minuteMs;
    this.#fillUntil(start, trade);
    const last = this.#minutes.at(-1);
    if (last !== undefined) addTrade(last, trade);
  }

  /** Minute candles that began at or after `sinceMs`, oldest first. */
  since(sinceMs: number): Candle[] {
    return this.#minutes.filter((candle) => candle.openTimeMs >= sinceMs);
  }

  /** Candles of an interval, oldest first. */
  candles(interval: string, offsetMs: number): Candle[] {
    return gather(this.#minutes, interval, offsetMs);
  }

  #fillUntil(startMs: number, trade: Trade): void {
    const last = this.#minutes.at(-1);
    if (last !== undefined && startMs <= last.openTimeMs) return;
    const price = last?.close ?? trade.price;
    const from = last === undefined ? startMs : last.openTimeMs + minuteMs;
    const earliest = startMs - (minuteCandlesKeptMax - 1) * minuteMs;
    for (let at = Math.max(from, earliest); at <= startMs; at += minuteMs)
      this.#minutes.push(flat(at, price, trade.id - 1));
    this.#minutes.splice(0, Math.max(0, this.#minutes.length - minuteCandlesKeptMax));
  }
}

/** Puts candles together into those of a longer interval. */
export function gather(candles: readonly Candle[], interval: string, offsetMs: number): Candle[] {
  const gathered: Candle[] = [];
  for (const candle of candles) {
    const start = candleStartMs(candle.openTimeMs, interval, offsetMs);
    const last = gathered.at(-1);
    if (last?.openTimeMs === start) merge(last, candle);
    else gathered.push({ ...candle, openTimeMs: start });
  }
  return gathered;
}

/** One-second candles of a stretch of trades; seconds without a trade have none. */
export function secondCandles(trades: readonly Trade[]): Candle[] {
  const seconds: Candle[] = [];
  for (const trade of trades) {
    const start = Math.floor(trade.timeMs / 1_000) * 1_000;
    let last = seconds.at(-1);
    if (last?.openTimeMs !== start) seconds.push((last = flat(start, trade.price, trade.id - 1)));
    addTrade(last, trade);
  }
  return seconds;
}

/** Volume-weighted average of some candles, or undefined if nothing traded. */
export function weightedAverage(volume: bigint, quoteVolume: bigint): bigint | undefined {
  return volume === 0n ? undefined : divide(quoteVolume, volume);
}
