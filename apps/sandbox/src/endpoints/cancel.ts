// DELETE /api/v3/order and /openOrders: finding an open order by its ids and taking it off the book.

import type { Order } from "../engine/order.ts";
import { eitherMissing, engineTexts, refusals } from "../errors.ts";
import { cancelAnswer } from "./answers.ts";
import { symbolOf, weighsIfFailed, type Endpoint, type Json, type SignedCall } from "./endpoint.ts";

const autoIdLength = 22;

/**
 * Finds an order by `orderId` first, then checks `origClientOrderId` against it, as documented.
 * @throws Refusal -1102 with neither id, -2039 where the two do not belong together
 */
export function findOrder(call: SignedCall, symbol: string): Order | undefined {
  const { parameters, account } = call;
  const orderId = parameters.integer("orderId");
  const clientId = parameters.text("origClientOrderId");
  if (orderId === undefined) {
    if (clientId === undefined) throw eitherMissing("origClientOrderId", "orderId");
    return account.orderByClientId(symbol, clientId);
  }
  const order = account.order(symbol, orderId);
  if (order !== undefined && clientId !== undefined && order.clientOrderId !== clientId)
    throw refusals.clientIdMismatch();
  return order;
}

function mayTrade(call: SignedCall, symbol: string): void {
  if (!call.account.flags.canTrade) throw refusals.rejectedCancel(engineTexts.mayNotTrade);
  if (call.key.symbols !== undefined && !call.key.symbols.has(symbol))
    throw refusals.rejectedOrder(engineTexts.notWhitelisted);
}

const isOpen = (order: Order): boolean => order.status === "NEW" || order.status === "PARTIALLY_FILLED";

function cancelOne(call: SignedCall): Json {
  const { symbol } = symbolOf(call);
  const order = findOrder(call, symbol);
  mayTrade(call, symbol);
  if (order === undefined || !isOpen(order)) throw refusals.rejectedCancel(engineTexts.unknownOrder);
  const restriction = call.parameters.text("cancelRestrictions");
  if (restriction !== undefined && restriction !== `ONLY_${order.status}`)
    throw refusals.rejectedCancel(engineTexts.cancelRestrictions);
  return cancel(call, order, call.parameters.text("newClientOrderId"));
}

function cancelAll(call: SignedCall): Json {
  const { symbol } = symbolOf(call);
  mayTrade(call, symbol);
  const orders = call.account.openOrders(symbol);
  if (orders.length === 0) throw refusals.rejectedCancel(engineTexts.unknownOrder);
  return orders.map((order) => cancel(call, order, undefined));
}

function cancel(call: SignedCall, order: Order, cancelId: string | undefined): Json {
  call.venue.exchange.cancel(order, call.nowMs);
  call.executed([order.orderId]);
  return cancelAnswer(call, order, cancelId ?? call.venue.random.text(autoIdLength));
}

export const cancelEndpoints: readonly Endpoint[] = [
  {
    method: "DELETE",
    path: "/api/v3/order",
    security: "TRADE",
    weight: weighsIfFailed(1),
    parameters: [
      { name: "symbol", kind: "symbol", mandatory: true },
      { name: "orderId", kind: "integer" },
      { name: "origClientOrderId", kind: "clientOrderId" },
      { name: "newClientOrderId", kind: "clientOrderId" },
      { name: "cancelRestrictions", kind: "cancelRestrictions" },
    ],
    handle: cancelOne,
  },
  {
    method: "DELETE",
    path: "/api/v3/openOrders",
    security: "TRADE",
    weight: weighsIfFailed(1),
    parameters: [{ name: "symbol", kind: "symbol", mandatory: true }],
    handle: cancelAll,
  },
];
