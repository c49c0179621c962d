// The symbols this exchange lists and their filters, as decimal texts; BTCUSDT carries the numbers of a testnet
// capture of September 2026, １２３４５６ is the symbol of Binance's documented non-ASCII signature.

import { parseDecimal } from "../engine/decimal.ts";
import type { SymbolRules } from "../engine/order.ts";

/** A symbol as a caller describes it; every amount a decimal text. */
export interface SymbolSpec {
  symbol: string;
  baseAsset: string;
  quoteAsset: string;
  tickSize: string;
  stepSize: string;
  startPrice: string;
  /** About what the best level of the market makers' quotes holds; the next twice that, and so on. */
  quoteSize: string;
  minNotional: string;
  maxNotional?: string;
  minPrice?: string;
  maxPrice?: string;
  minQty?: string;
  maxQty?: string;
  marketMaxQty?: string;
  multiplierUp?: string;
  multiplierDown?: string;
  avgPriceMins?: number;
  maxNumOrders?: number;
}

export const defaultSymbols: readonly SymbolSpec[] = [
  {
    symbol: "BTCUSDT",
    baseAsset: "BTC",
    quoteAsset: "USDT",
    tickSize: "0.01",
    stepSize: "0.00001",
    startPrice: "65000",
    quoteSize: "0.6",
    minNotional: "5",
    maxNotional: "9000000",
    maxQty: "9000",
    marketMaxQty: "120",
  },
  {
    symbol: "ETHUSDT",
    baseAsset: "ETH",
    quoteAsset: "USDT",
    tickSize: "0.01",
    stepSize: "0.0001",
    startPrice: "3200",
    quoteSize: "9",
    minNotional: "5",
    maxQty: "9000",
    marketMaxQty: "2000",
  },
  {
    symbol: "BNBUSDT",
    baseAsset: "BNB",
    quoteAsset: "USDT",
    tickSize: "0.01",
    stepSize: "0.001",
    startPrice: "600",
    quoteSize: "40",
    minNotional: "5",
  },
  {
    symbol: "SOLUSDT",
    baseAsset: "SOL",
    quoteAsset: "USDT",
    tickSize: "0.01",
    stepSize: "0.001",
    startPrice: "150",
    quoteSize: "160",
    minNotional: "5",
  },
  {
    symbol: "ETHBTC",
    baseAsset: "ETH",
    quoteAsset: "BTC",
    tickSize: "0.00001",
    stepSize: "0.001",
    startPrice: "0.04923",
    quoteSize: "6",
    minNotional: "0.0001",
    maxPrice: "922327",
  },
  {
    symbol: "LTCBTC",
    baseAsset: "LTC",
    quoteAsset: "BTC",
    tickSize: "0.000001",
    stepSize: "0.01",
    startPrice: "0.0015",
    quoteSize: "160",
    minNotional: "0.0001",
    multiplierUp: "1000",
    multiplierDown: "0.001",
  },
  {
    symbol: "１２３４５６",
    baseAsset: "１２３",
    quoteAsset: "４５６",
    tickSize: "0.0001",
    stepSize: "0.01",
    startPrice: "0.1",
    quoteSize: "2500",
    minNotional: "0.01",
    multiplierUp: "5",
    multiplierDown: "0.2",
  },
];

/** Turns a description into rules. @throws RangeError for an amount that is not a decimal. */
export function symbolRules(spec: SymbolSpec): SymbolRules {
  const maxQty = spec.maxQty ?? "900000";
  return {
    symbol: spec.symbol,
    baseAsset: spec.baseAsset,
    quoteAsset: spec.quoteAsset,
    tickSize: parseDecimal(spec.tickSize),
    minPrice: parseDecimal(spec.minPrice ?? spec.tickSize),
    maxPrice: parseDecimal(spec.maxPrice ?? "1000000"),
    stepSize: parseDecimal(spec.stepSize),
    minQty: parseDecimal(spec.minQty ?? spec.stepSize),
    maxQty: parseDecimal(maxQty),
    marketMaxQty: parseDecimal(spec.marketMaxQty ?? maxQty),
    minNotional: parseDecimal(spec.minNotional),
    maxNotional: parseDecimal(spec.maxNotional ?? "9000000"),
    multiplierUp: parseDecimal(spec.multiplierUp ?? "2"),
    multiplierDown: parseDecimal(spec.multiplierDown ?? "0.5"),
    avgPriceMins: spec.avgPriceMins ?? 5,
    maxNumOrders: spec.maxNumOrders ?? 200,
    startPrice: parseDecimal(spec.startPrice),
    quoteSize: parseDecimal(spec.quoteSize),
  };
}
