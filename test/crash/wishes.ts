/** What the bots of the crash tests ask for: every way to change something at the exchange, and a read to go with it. */
import type { Wish } from "./bot.ts";

export const symbol = "BTCUSDT";
export const orderPath = "/api/v3/order";
export const openOrdersPath = "/api/v3/openOrders";

/** Fills at once, so that a second one would be a second purchase whatever id it carries. */
export function marketOrder(clientOrderId?: string): Wish {
  const named = clientOrderId === undefined ? [] : ([["newClientOrderId", clientOrderId]] as const);
  return {
    method: "POST",
    path: orderPath,
    params: [["symbol", symbol], ["side", "BUY"], ["type", "MARKET"], ["quantity", "0.001"], ...named],
  };
}

export function limitOrder(clientOrderId: string, price: string, timeInForce: "GTC" | "IOC"): Wish {
  return {
    method: "POST",
    path: orderPath,
    params: [
      ["symbol", symbol],
      ["side", "BUY"],
      ["type", "LIMIT"],
      ["timeInForce", timeInForce],
      ["quantity", "0.001"],
      ["price", price],
      ["newClientOrderId", clientOrderId],
    ],
  };
}

export function cancelOrder(clientOrderId: string): Wish {
  return {
    method: "DELETE",
    path: orderPath,
    params: [
      ["symbol", symbol],
      ["origClientOrderId", clientOrderId],
    ],
  };
}

export const cancelAll: Wish = { method: "DELETE", path: openOrdersPath, params: [["symbol", symbol]] };
/** The read whose signed payload would be a complete `cancelAll`: a signature covers no method. */
export const listOpen: Wish = { ...cancelAll, method: "GET" };
