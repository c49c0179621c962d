// The public record of trades: the newest of each symbol, its candles, last price and averages. Bounded; pure.

import type { Trade } from "../engine/order.ts";
import { CandleSeries, minuteMs, weightedAverage, type Candle } from "./candles.ts";

export const tapeTradesKeptMax = 5_000;
// Cutting a long array for every trade would be slow, so it may overrun by this much first.
const tapeSlack = 1_000;

const dayMinutes = 24 * 60;

export interface DayStatistics {
  readonly openTimeMs: number;
  readonly closeTimeMs: number;
  readonly open: bigint;
  readonly high: bigint;
  readonly low: bigint;
  readonly last: bigint;
  readonly lastQty: bigint;
  readonly previousClose: bigint;
  readonly volume: bigint;
  readonly quoteVolume: bigint;
  readonly average: bigint;
  readonly firstId: number;
  readonly lastId: number;
  readonly count: number;
}

class SymbolTape {
  readonly trades: Trade[] = [];
  readonly candles = new CandleSeries();
}

export class Tape {
  readonly #symbols = new Map<string, SymbolTape>();

  add(trade: Trade): void {
    const { trades, candles } = this.#of(trade.symbol);
    trades.push(trade);
    if (trades.length > tapeTradesKeptMax + tapeSlack) trades.splice(0, trades.length - tapeTradesKeptMax);
    candles.add(trade);
  }

  /** The newest trades, oldest first. */
  trades(symbol: string, limit: number): Trade[] {
    return this.#of(symbol).trades.slice(-limit);
  }

  candles(symbol: string): CandleSeries {
    return this.#of(symbol).candles;
  }

  last(symbol: string): Trade | undefined {
    return this.#of(symbol).trades.at(-1);
  }

  /** Average price of the last minutes, else the last price, else 0: the basis of the price filters. */
  averagePrice(symbol: string, minutes: number, nowMs: number): bigint {
    const { trades } = this.#of(symbol);
    let volume = 0n;
    let quoteVolume = 0n;
    for (let index = trades.length - 1; index >= 0; index -= 1) {
      const trade = trades[index];
      if (trade === undefined || trade.timeMs < nowMs - minutes * minuteMs) break;
      volume += trade.qty;
      quoteVolume += trade.quoteQty;
    }
    return weightedAverage(volume, quoteVolume) ?? trades.at(-1)?.price ?? 0n;
  }

  /** Statistics of the last 24 hours, counted in whole minutes. */
  day(symbol: string, nowMs: number): DayStatistics {
    const tape = this.#of(symbol);
    const sinceMs = (Math.floor(nowMs / minuteMs) - dayMinutes + 1) * minuteMs;
    const candles = tape.candles.since(sinceMs);
    const traded = candles.filter((candle) => candle.trades > 0);
    const last = tape.trades.at(-1);
    const lastPrice = last?.price ?? 0n;
    const sum = (pick: (candle: Candle) => bigint): bigint =>
      candles.reduce((total, candle) => total + pick(candle), 0n);
    const volume = sum((candle) => candle.volume);
    const quoteVolume = sum((candle) => candle.quoteVolume);
    const pick = (better: (a: bigint, b: bigint) => boolean, of: (candle: Candle) => bigint): bigint =>
      candles.reduce(
        (best, candle) => (better(of(candle), best) ? of(candle) : best),
        candles[0] ? of(candles[0]) : lastPrice,
      );
    return {
      openTimeMs: sinceMs,
      closeTimeMs: nowMs,
      open: candles[0]?.open ?? lastPrice,
      high: pick(
        (a, b) => a > b,
        (candle) => candle.high,
      ),
      low: pick(
        (a, b) => a < b,
        (candle) => candle.low,
      ),
      last: lastPrice,
      lastQty: last?.qty ?? 0n,
      previousClose: candles[0]?.open ?? lastPrice,
      volume,
      quoteVolume,
      average: weightedAverage(volume, quoteVolume) ?? 0n,
      firstId: traded[0]?.firstId ?? -1,
      lastId: traded.at(-1)?.lastId ?? -1,
      count: candles.reduce((total, candle) => total + candle.trades, 0),
    };
  }

  #of(symbol: string): SymbolTape {
    let tape = this.#symbols.get(symbol);
    if (tape === undefined) this.#symbols.set(symbol, (tape = new SymbolTape()));
    return tape;
  }
}
