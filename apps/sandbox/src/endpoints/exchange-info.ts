// GET /api/v3/exchangeInfo: the symbols with their filters and the rate limits, in Binance's shape.

import { formatDecimal as text } from "../engine/decimal.ts";
import type { SymbolRules } from "../engine/order.ts";
import { refusals } from "../errors.ts";
import { chosenSymbols, weighs, type Call, type Endpoint, type Json } from "./endpoint.ts";

const rateLimits: Json = [
  { rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, limit: 6_000 },
  { rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, limit: 50 },
  { rateLimitType: "ORDERS", interval: "DAY", intervalNum: 1, limit: 160_000 },
  { rateLimitType: "RAW_REQUESTS", interval: "MINUTE", intervalNum: 5, limit: 300_000 },
];

function filters(rules: SymbolRules): Json {
  const up = text(rules.multiplierUp);
  const down = text(rules.multiplierDown);
  return [
    {
      filterType: "PRICE_FILTER",
      minPrice: text(rules.minPrice),
      maxPrice: text(rules.maxPrice),
      tickSize: text(rules.tickSize),
    },
    {
      filterType: "LOT_SIZE",
      minQty: text(rules.minQty),
      maxQty: text(rules.maxQty),
      stepSize: text(rules.stepSize),
    },
    {
      filterType: "MARKET_LOT_SIZE",
      minQty: text(0n),
      maxQty: text(rules.marketMaxQty),
      stepSize: text(0n),
    },
    {
      filterType: "PERCENT_PRICE_BY_SIDE",
      bidMultiplierUp: up,
      bidMultiplierDown: down,
      askMultiplierUp: up,
      askMultiplierDown: down,
      avgPriceMins: rules.avgPriceMins,
    },
    {
      filterType: "NOTIONAL",
      minNotional: text(rules.minNotional),
      applyMinToMarket: true,
      maxNotional: text(rules.maxNotional),
      applyMaxToMarket: false,
      avgPriceMins: rules.avgPriceMins,
    },
    { filterType: "MAX_NUM_ORDERS", maxNumOrders: rules.maxNumOrders },
  ];
}

function symbolInfo(rules: SymbolRules, showPermissionSets: boolean): Json {
  return {
    symbol: rules.symbol,
    status: "TRADING",
    baseAsset: rules.baseAsset,
    baseAssetPrecision: 8,
    quoteAsset: rules.quoteAsset,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    baseCommissionPrecision: 8,
    quoteCommissionPrecision: 8,
    orderTypes: ["LIMIT", "MARKET"],
    icebergAllowed: false,
    ocoAllowed: false,
    otoAllowed: false,
    opoAllowed: false,
    quoteOrderQtyMarketAllowed: true,
    allowTrailingStop: false,
    cancelReplaceAllowed: false,
    amendAllowed: false,
    pegInstructionsAllowed: false,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: filters(rules),
    permissions: [],
    permissionSets: showPermissionSets ? [["SPOT"]] : [],
    defaultSelfTradePreventionMode: "NONE",
    allowedSelfTradePreventionModes: ["NONE"],
  };
}

function handle(call: Call): Json {
  const { parameters } = call;
  const names = ["symbol", "symbols", "permissions"].filter((name) => parameters.has(name));
  const byName = parameters.has("symbol") || parameters.has("symbols");
  if (names.length > 1 || (byName && parameters.has("symbolStatus"))) throw refusals.combination();
  const chosen = chosenSymbols(call, refusals.duplicateSymbols) ?? call.venue.exchange.symbols;
  const wanted = parameters.text("permissions");
  const offered = wanted === undefined || /\bSPOT\b/.test(wanted);
  const trading = (parameters.text("symbolStatus") ?? "TRADING") === "TRADING";
  const showPermissionSets = parameters.text("showPermissionSets")?.toLowerCase() !== "false";
  return {
    timezone: "UTC",
    serverTime: call.time(call.nowMs),
    rateLimits,
    exchangeFilters: [],
    symbols: offered && trading ? chosen.map((rules) => symbolInfo(rules, showPermissionSets)) : [],
  };
}

export const exchangeInfo: Endpoint = {
  method: "GET",
  path: "/api/v3/exchangeInfo",
  security: "NONE",
  weight: weighs(20),
  parameters: [
    { name: "symbol", kind: "symbol" },
    { name: "symbols", kind: "symbols" },
    { name: "permissions", kind: "permissions" },
    { name: "showPermissionSets", kind: "boolean" },
    { name: "symbolStatus", kind: "symbolStatus" },
  ],
  handle,
};
