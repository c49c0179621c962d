// POST /api/v3/order and /order/test: from parameters to an order of the engine, through what each type needs and
// the symbol's filters. What this exchange cannot do is refused with Binance's text for a symbol that lacks it.

import type { NewOrder, SymbolRules } from "../engine/order.ts";
import { checkFilters } from "../engine/filters.ts";
import { engineTexts, refusals } from "../errors.ts";
import type { ParameterSpec, RequestParameters } from "../http/parameters.ts";
import { newOrderAnswer, type ResponseType } from "./answers.ts";
import { symbolOf, weighsIfFailed, type Endpoint, type Json, type SignedCall } from "./endpoint.ts";

const autoIdLength = 22;
const strategyTypeMin = 1_000_000;

const orderParameters: readonly ParameterSpec[] = [
  { name: "symbol", kind: "symbol", mandatory: true },
  { name: "side", kind: "side", mandatory: true },
  { name: "type", kind: "orderType", mandatory: true },
  { name: "timeInForce", kind: "timeInForce" },
  { name: "quantity", kind: "decimal" },
  { name: "quoteOrderQty", kind: "decimal" },
  { name: "price", kind: "decimal" },
  { name: "newClientOrderId", kind: "clientOrderId" },
  { name: "strategyId", kind: "integer" },
  { name: "strategyType", kind: "integer" },
  { name: "stopPrice", kind: "decimal" },
  { name: "trailingDelta", kind: "integer" },
  { name: "icebergQty", kind: "decimal" },
  { name: "newOrderRespType", kind: "responseType" },
  { name: "selfTradePreventionMode", kind: "selfTradePrevention" },
  { name: "pegPriceType", kind: "text" },
  { name: "pegOffsetValue", kind: "integer" },
  { name: "pegOffsetType", kind: "text" },
];

function refuseUnsupported(parameters: RequestParameters, type: string): void {
  const refuse = (text: string): never => {
    throw refusals.rejectedOrder(text);
  };
  switch (type) {
    case "STOP_LOSS":
    case "STOP_LOSS_LIMIT":
    case "TAKE_PROFIT":
    case "TAKE_PROFIT_LIMIT":
      return refuse(engineTexts[type]);
    case "LIMIT_MAKER":
      return refuse(engineTexts.unsupportedCombination);
    default:
  }
  if (parameters.has("trailingDelta")) refuse(engineTexts.trailing);
  if (parameters.has("stopPrice")) throw refusals.notRequired("stopPrice");
  if (parameters.has("icebergQty")) refuse(engineTexts.iceberg);
  if (["pegPriceType", "pegOffsetValue", "pegOffsetType"].some((name) => parameters.has(name)))
    refuse(engineTexts.unsupportedCombination);
  if ((parameters.text("selfTradePreventionMode") ?? "NONE") !== "NONE")
    refuse(engineTexts.selfTradePrevention);
}

function requireByType(parameters: RequestParameters, type: "LIMIT" | "MARKET"): void {
  const forbid = (names: readonly string[]): void => {
    for (const name of names) if (parameters.has(name)) throw refusals.notRequired(name);
  };
  if (type === "LIMIT") {
    for (const name of ["timeInForce", "quantity", "price"]) parameters.need(name);
    return forbid(["quoteOrderQty"]);
  }
  forbid(["timeInForce", "price"]);
  if (!parameters.has("quoteOrderQty")) parameters.need("quantity");
  else forbid(["quantity"]);
}

/** Reads and judges an order as far as can be done without the book. @throws Refusal */
function readOrder(call: SignedCall, rules: SymbolRules): NewOrder {
  const { parameters, account, key, venue } = call;
  const asked = parameters.need("type");
  refuseUnsupported(parameters, asked);
  const type = asked === "LIMIT" ? "LIMIT" : "MARKET";
  requireByType(parameters, type);
  const strategyType = parameters.integer("strategyType");
  if (strategyType !== undefined && strategyType < strategyTypeMin) throw refusals.strategyType();
  const order: NewOrder = {
    uid: account.uid,
    symbol: rules.symbol,
    side: parameters.need("side") === "BUY" ? "BUY" : "SELL",
    type,
    timeInForce: (parameters.text("timeInForce") ?? "GTC") as NewOrder["timeInForce"],
    price: parameters.decimal("price") ?? 0n,
    quantity: parameters.decimal("quantity") ?? 0n,
    quoteOrderQty: parameters.decimal("quoteOrderQty") ?? 0n,
    clientOrderId: parameters.text("newClientOrderId") ?? venue.random.text(autoIdLength),
    strategyId: parameters.integer("strategyId"),
    strategyType,
  };
  if (parameters.has("quoteOrderQty") && order.quoteOrderQty === 0n) throw refusals.invalidQuantity();
  if (!account.flags.canTrade) throw refusals.rejectedOrder(engineTexts.mayNotTrade);
  if (key.symbols !== undefined && !key.symbols.has(rules.symbol))
    throw refusals.rejectedOrder(engineTexts.notWhitelisted);
  checkFilters(order, rules, {
    averagePrice: venue.tape.averagePrice(rules.symbol, rules.avgPriceMins, call.nowMs),
    openOrders: account.open.get(rules.symbol)?.size ?? 0,
  });
  return order;
}

function placeOrder(call: SignedCall): Json {
  const order = readOrder(call, symbolOf(call));
  const placed = call.venue.exchange.place(order, call.nowMs);
  call.executed([placed.order.orderId]);
  call.countOrders(1);
  const type = (call.parameters.text("newOrderRespType") ?? "FULL") as ResponseType;
  return newOrderAnswer(call, { ...placed, type });
}

const rates = { maker: "0.00100000", taker: "0.00100000" };
const noRates = { maker: "0.00000000", taker: "0.00000000" };

function testOrder(call: SignedCall): Json {
  call.venue.exchange.check(readOrder(call, symbolOf(call)));
  if (!call.parameters.flag("computeCommissionRates")) return {};
  return {
    standardCommissionForOrder: rates,
    specialCommissionForOrder: noRates,
    taxCommissionForOrder: noRates,
    discount: {
      enabledForAccount: false,
      enabledForSymbol: false,
      discountAsset: "BNB",
      discount: "0.00000000",
    },
  };
}

export const newOrderEndpoints: readonly Endpoint[] = [
  {
    method: "POST",
    path: "/api/v3/order",
    security: "TRADE",
    weight: weighsIfFailed(1),
    parameters: orderParameters,
    handle: placeOrder,
  },
  {
    method: "POST",
    path: "/api/v3/order/test",
    security: "TRADE",
    weight: (parameters) => (parameters?.flag("computeCommissionRates") === true ? 20 : 1),
    parameters: [...orderParameters, { name: "computeCommissionRates", kind: "boolean" }],
    handle: testOrder,
  },
];
