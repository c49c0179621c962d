/**
 * The endpoint table: every Spot REST endpoint of Binance, with what it takes, costs and may do. It is closed: a
 * request is matched by method and exact raw path, a parameter that is not listed is refused, and an endpoint that is
 * listed but not served is refused by its name. Withdrawals and transfers are not in the table.
 * Source: rest-api.md of binance-spot-api-docs (2026-09-08).
 */
import type { GrammarName } from "./grammar.ts";

/** Binance's security types; all but NONE are signed. */
export type SecurityType = "NONE" | "TRADE" | "USER_DATA";
export type Method = "GET" | "POST" | "PUT" | "DELETE";

interface Param {
  readonly grammar: GrammarName;
  readonly required: boolean;
}

/** What we know of an endpoint that we serve. */
export interface Service {
  readonly answeredBy: "venue" | "countersign";
  /** The closed list; with `timestamp` and `recvWindow` where the endpoint is signed, without `signature`. */
  readonly params: Readonly<Record<string, Param>>;
  /** Whether a call changes anything at the venue. */
  readonly mutates: boolean;
  /** Whether a call can open or enlarge a position. */
  readonly opensExposure: boolean;
  /** The parameter that names a new order; we fill it where the bot did not, so that the order can be found again. */
  readonly orderIdParam: string | undefined;
}

export interface Endpoint {
  /** Method and path. */
  readonly name: string;
  readonly product: "spot";
  readonly method: Method;
  readonly path: string;
  readonly security: SecurityType;
  /** Request weight as documented: per address and minute; the lowest where it depends on parameters. */
  readonly weight: number;
  /** What one call adds to the account's unfilled-order count. */
  readonly orderCount: number;
  readonly service: Service | undefined;
}

const symbol = { symbol: "symbol!" } as const;
const window = { startTime: "integer", endTime: "integer", limit: "integer" } as const;
const newOrder = {
  symbol: "symbol!",
  side: "side!",
  type: "orderType!",
  timeInForce: "timeInForce",
  quantity: "decimal",
  quoteOrderQty: "decimal",
  price: "decimal",
  newClientOrderId: "clientOrderId",
  strategyId: "integer",
  strategyType: "integer",
  newOrderRespType: "responseType",
  selfTradePreventionMode: "selfTradePrevention",
} as const;
const oneOrder = { symbol: "symbol!", orderId: "integer", origClientOrderId: "clientOrderId" } as const;

/** Parameter lists are written `name: grammar`, with `!` behind the grammar of a mandatory one. */
type ParamList = Readonly<Record<string, GrammarName | `${GrammarName}!`>>;

const isGrammarName = (text: string): text is GrammarName => !text.endsWith("!");

function paramsOf(list: ParamList): Readonly<Record<string, Param>> {
  const entries = Object.entries(list).map(([name, written]): [string, Param] => {
    const grammar = written.replace("!", "");
    if (!isGrammarName(grammar)) throw new TypeError(`bad grammar for ${name}`);
    return [name, { grammar, required: written.endsWith("!") }];
  });
  // No prototype: `constructor` and `__proto__` are parameters that nobody listed.
  return Object.assign(Object.create(null), Object.fromEntries(entries));
}

const read = (params: ParamList = {}): Service => ({
  answeredBy: "venue",
  params: paramsOf(params),
  mutates: false,
  opensExposure: false,
  orderIdParam: undefined,
});
const ours = (): Service => ({ ...read(), answeredBy: "countersign" });
const order = (params: ParamList): Service => ({
  ...read(params),
  mutates: true,
  opensExposure: true,
  orderIdParam: "newClientOrderId",
});
const cancel = (params: ParamList): Service => ({ ...read(params), mutates: true });
/** Judged like an order, executes nothing. */
const rehearsal = (params: ParamList): Service => ({ ...read(params), opensExposure: true });

type Row = readonly [Method, string, SecurityType, number, number, Service | undefined];

const rows: readonly Row[] = [
  ["GET", "/api/v3/ping", "NONE", 1, 0, read()],
  ["GET", "/api/v3/time", "NONE", 1, 0, ours()],
  [
    "GET",
    "/api/v3/exchangeInfo",
    "NONE",
    20,
    0,
    read({ symbol: "symbol", symbols: "symbols", permissions: "permissions", showPermissionSets: "boolean" }),
  ],
  ["GET", "/api/v3/executionRules", "NONE", 2, 0, undefined],
  ["GET", "/api/v3/depth", "NONE", 5, 0, read({ ...symbol, limit: "integer" })],
  ["GET", "/api/v3/trades", "NONE", 25, 0, read({ ...symbol, limit: "integer" })],
  ["GET", "/api/v3/historicalTrades", "NONE", 25, 0, undefined],
  ["GET", "/api/v3/historicalBlockTrades", "NONE", 25, 0, undefined],
  ["GET", "/api/v3/aggTrades", "NONE", 4, 0, undefined],
  [
    "GET",
    "/api/v3/klines",
    "NONE",
    2,
    0,
    read({ ...symbol, interval: "interval!", timeZone: "timeZone", ...window }),
  ],
  ["GET", "/api/v3/uiKlines", "NONE", 2, 0, undefined],
  ["GET", "/api/v3/avgPrice", "NONE", 2, 0, undefined],
  [
    "GET",
    "/api/v3/ticker/24hr",
    "NONE",
    2,
    0,
    read({ symbol: "symbol", symbols: "symbols", type: "tickerType" }),
  ],
  ["GET", "/api/v3/ticker/tradingDay", "NONE", 4, 0, undefined],
  ["GET", "/api/v3/ticker/price", "NONE", 2, 0, read({ symbol: "symbol", symbols: "symbols" })],
  ["GET", "/api/v3/ticker/bookTicker", "NONE", 2, 0, read({ symbol: "symbol", symbols: "symbols" })],
  ["GET", "/api/v3/ticker", "NONE", 4, 0, undefined],
  ["GET", "/api/v3/referencePrice", "NONE", 2, 0, undefined],
  ["GET", "/api/v3/referencePrice/calculation", "NONE", 2, 0, undefined],

  ["POST", "/api/v3/order", "TRADE", 1, 1, order(newOrder)],
  [
    "POST",
    "/api/v3/order/test",
    "TRADE",
    1,
    0,
    rehearsal({ ...newOrder, computeCommissionRates: "boolean" }),
  ],
  [
    "DELETE",
    "/api/v3/order",
    "TRADE",
    1,
    0,
    cancel({ ...oneOrder, newClientOrderId: "clientOrderId", cancelRestrictions: "cancelRestrictions" }),
  ],
  ["DELETE", "/api/v3/openOrders", "TRADE", 1, 0, cancel(symbol)],
  ["POST", "/api/v3/order/cancelReplace", "TRADE", 1, 1, undefined],
  ["PUT", "/api/v3/order/amend/keepPriority", "TRADE", 4, 0, undefined],
  ["POST", "/api/v3/order/oco", "TRADE", 1, 2, undefined],
  ["POST", "/api/v3/orderList/oco", "TRADE", 1, 2, undefined],
  ["POST", "/api/v3/orderList/oto", "TRADE", 1, 2, undefined],
  ["POST", "/api/v3/orderList/otoco", "TRADE", 1, 3, undefined],
  ["POST", "/api/v3/orderList/opo", "TRADE", 1, 2, undefined],
  ["POST", "/api/v3/orderList/opoco", "TRADE", 1, 3, undefined],
  ["DELETE", "/api/v3/orderList", "TRADE", 1, 0, undefined],
  ["POST", "/api/v3/sor/order", "TRADE", 1, 1, undefined],
  ["POST", "/api/v3/sor/order/test", "TRADE", 1, 0, undefined],

  ["GET", "/api/v3/account", "USER_DATA", 20, 0, read({ omitZeroBalances: "boolean" })],
  ["GET", "/api/v3/order", "USER_DATA", 4, 0, read(oneOrder)],
  ["GET", "/api/v3/openOrders", "USER_DATA", 6, 0, read({ symbol: "symbol" })],
  ["GET", "/api/v3/allOrders", "USER_DATA", 20, 0, read({ ...symbol, orderId: "integer", ...window })],
  ["GET", "/api/v3/orderList", "USER_DATA", 4, 0, undefined],
  ["GET", "/api/v3/allOrderList", "USER_DATA", 20, 0, undefined],
  ["GET", "/api/v3/openOrderList", "USER_DATA", 6, 0, undefined],
  [
    "GET",
    "/api/v3/myTrades",
    "USER_DATA",
    20,
    0,
    read({ ...symbol, orderId: "integer", fromId: "integer", ...window }),
  ],
  ["GET", "/api/v3/rateLimit/order", "USER_DATA", 40, 0, undefined],
  ["GET", "/api/v3/myPreventedMatches", "USER_DATA", 2, 0, undefined],
  ["GET", "/api/v3/myAllocations", "USER_DATA", 20, 0, undefined],
  ["GET", "/api/v3/account/commission", "USER_DATA", 20, 0, undefined],
  ["GET", "/api/v3/order/amendments", "USER_DATA", 4, 0, undefined],
  ["GET", "/api/v3/myFilters", "USER_DATA", 40, 0, undefined],
  ["GET", "/sapi/v1/account/apiRestrictions", "USER_DATA", 1, 0, ours()],
];

const signedParams = paramsOf({ timestamp: "integer!", recvWindow: "recvWindow" });

/** Every endpoint, in the order of Binance's own tables. */
export const endpoints: readonly Endpoint[] = rows.map(
  ([method, path, security, weight, orderCount, service]) => ({
    name: `${method} ${path}`,
    product: "spot",
    method,
    path,
    security,
    weight,
    orderCount,
    service: security === "NONE" ? service : service && takingSignature(service),
  }),
);

function takingSignature(service: Service): Service {
  return { ...service, params: Object.assign(Object.create(null), signedParams, service.params) };
}

const byName: ReadonlyMap<string, Endpoint> = new Map(endpoints.map((each) => [each.name, each]));

/** The endpoint of a method and a raw path, byte for byte; no prefix, no wildcard, no normalising. */
export function findEndpoint(method: string, rawPath: string): Endpoint | undefined {
  return byName.get(`${method} ${rawPath}`);
}
