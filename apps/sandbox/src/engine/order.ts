// The nouns of the engine: orders, trades and the symbols' rules, all amounts scaled bigint (decimal.ts),
// all times epoch milliseconds. Types only.

export type Side = "BUY" | "SELL";
export type OrderType = "LIMIT" | "MARKET";
export type TimeInForce = "GTC" | "IOC" | "FOK";
export type OrderStatus = "NEW" | "PARTIALLY_FILLED" | "FILLED" | "CANCELED" | "EXPIRED";
export type ExpiryReason =
  | "UNFILLED_IOC_QUANTITY_EXPIRED"
  | "UNFILLED_FOK_ORDER_EXPIRED"
  | "INSUFFICIENT_LIQUIDITY";

/** What a client asks for, already past grammar and filters. */
export interface NewOrder {
  uid: number;
  symbol: string;
  side: Side;
  type: OrderType;
  timeInForce: TimeInForce;
  /** 0 for MARKET. */
  price: bigint;
  /** 0 when `quoteOrderQty` speaks instead. */
  quantity: bigint;
  quoteOrderQty: bigint;
  clientOrderId: string;
  strategyId?: number | undefined;
  strategyType?: number | undefined;
}

export interface Order extends NewOrder {
  readonly orderId: number;
  executedQty: bigint;
  quoteQty: bigint;
  /** What this order still holds locked: quote for a buy, base for a sell. */
  locked: bigint;
  status: OrderStatus;
  readonly timeMs: number;
  updateTimeMs: number;
  expiryReason?: ExpiryReason;
}

export interface Trade {
  readonly symbol: string;
  readonly id: number;
  readonly price: bigint;
  readonly qty: bigint;
  readonly quoteQty: bigint;
  readonly timeMs: number;
  readonly isBuyerMaker: boolean;
}

/** One account's half of a trade. */
export interface OwnTrade extends Trade {
  readonly orderId: number;
  readonly isBuyer: boolean;
  readonly isMaker: boolean;
  readonly commission: bigint;
  readonly commissionAsset: string;
}

/** The trading rules of one symbol; a bound of 0 is switched off, as in Binance's filters. */
export interface SymbolRules {
  readonly symbol: string;
  readonly baseAsset: string;
  readonly quoteAsset: string;
  readonly tickSize: bigint;
  readonly minPrice: bigint;
  readonly maxPrice: bigint;
  readonly stepSize: bigint;
  readonly minQty: bigint;
  readonly maxQty: bigint;
  readonly marketMaxQty: bigint;
  readonly minNotional: bigint;
  readonly maxNotional: bigint;
  readonly multiplierUp: bigint;
  readonly multiplierDown: bigint;
  readonly avgPriceMins: number;
  readonly maxNumOrders: number;
  /** Where the market makers' walk begins. */
  readonly startPrice: bigint;
  /** About what the makers' best level holds. */
  readonly quoteSize: bigint;
}
