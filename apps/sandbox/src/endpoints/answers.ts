// The shapes of orders, cancels and trades in answers (rest-api.md). Pure formatting.

import { formatDecimal as text } from "../engine/decimal.ts";
import type { Order, OwnTrade } from "../engine/order.ts";
import type { Call, Json } from "./endpoint.ts";

/** Answers need only to know the unit of time. */
type TimeUnit = Pick<Call, "time">;

export type ResponseType = "ACK" | "RESULT" | "FULL";

const strategy = (order: Order): { strategyId?: number | undefined; strategyType?: number | undefined } => ({
  strategyId: order.strategyId,
  strategyType: order.strategyType,
});

const amounts = (order: Order) => ({
  price: text(order.price),
  origQty: text(order.quantity),
  executedQty: text(order.executedQty),
  origQuoteOrderQty: text(order.quoteOrderQty),
  cummulativeQuoteQty: text(order.quoteQty),
  status: order.status,
  timeInForce: order.timeInForce,
  type: order.type,
  side: order.side,
});

/** The answer to a new order. */
export function newOrderAnswer(
  call: Call,
  answer: { order: Order; fills: readonly OwnTrade[]; type: ResponseType },
): Json {
  const { order, fills, type } = answer;
  const ack = {
    symbol: order.symbol,
    orderId: order.orderId,
    orderListId: -1,
    clientOrderId: order.clientOrderId,
    transactTime: call.time(order.timeMs),
  };
  if (type === "ACK") return ack;
  const result = {
    ...ack,
    ...amounts(order),
    workingTime: call.time(order.timeMs),
    ...strategy(order),
    selfTradePreventionMode: "NONE",
    expiryReason: order.expiryReason,
  };
  if (type === "RESULT") return result;
  return {
    ...result,
    fills: fills.map((fill) => ({
      price: text(fill.price),
      qty: text(fill.qty),
      commission: text(fill.commission),
      commissionAsset: fill.commissionAsset,
      tradeId: fill.id,
    })),
  };
}

/** An order as the query endpoints tell it. */
export function orderAnswer(call: TimeUnit, order: Order): Json {
  return {
    symbol: order.symbol,
    orderId: order.orderId,
    orderListId: -1,
    clientOrderId: order.clientOrderId,
    ...amounts(order),
    stopPrice: text(0n),
    icebergQty: text(0n),
    time: call.time(order.timeMs),
    updateTime: call.time(order.updateTimeMs),
    isWorking: true,
    workingTime: call.time(order.timeMs),
    ...strategy(order),
    selfTradePreventionMode: "NONE",
    expiryReason: order.expiryReason,
  };
}

/** A cancelled order; `clientOrderId` is the id of the cancel. */
export function cancelAnswer(call: TimeUnit, order: Order, cancelId: string): Json {
  return {
    symbol: order.symbol,
    origClientOrderId: order.clientOrderId,
    orderId: order.orderId,
    orderListId: -1,
    clientOrderId: cancelId,
    transactTime: call.time(order.updateTimeMs),
    ...amounts(order),
    ...strategy(order),
    selfTradePreventionMode: "NONE",
  };
}

/** One's own half of a trade. */
export function tradeAnswer(call: TimeUnit, trade: OwnTrade): Json {
  return {
    symbol: trade.symbol,
    id: trade.id,
    orderId: trade.orderId,
    orderListId: -1,
    price: text(trade.price),
    qty: text(trade.qty),
    quoteQty: text(trade.quoteQty),
    commission: text(trade.commission),
    commissionAsset: trade.commissionAsset,
    time: call.time(trade.timeMs),
    isBuyer: trade.isBuyer,
    isMaker: trade.isMaker,
    isBestMatch: true,
  };
}
