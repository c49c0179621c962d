// Every refusal that a parameter alone can earn, with its exact text.

import { describe, expect, test } from "vitest";
import { onStage, type Reply } from "./exchange-client.ts";

const refusal = ({ status, code, msg }: Reply): unknown[] => [status, code, msg];
const illegal = (name: string, range: string): unknown[] => [
  400,
  -1100,
  `Illegal characters found in parameter '${name}'; legal range is '${range}'.`,
];
const missing = (name: string): unknown[] => [
  400,
  -1102,
  `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`,
];

const symbolRange = String.raw`^[\w\-._&&[^a-z]]{1,50}$`;
const symbolsRange = String.raw`^\[("[\w\-._&&[^a-z]]{1,50}"(,"[\w\-._&&[^a-z]]{1,50}"){0,}){0,1}\]$`;
const decimalRange = String.raw`^([0-9]{1,20})(\.[0-9]{1,20})?$`;
const idRange = "^[a-zA-Z0-9-_]{1,36}$";

describe("public endpoints", () => {
  test.each<[string, string, unknown[]]>([
    ["ping", "x=1", [400, -1101, "Too many parameters; expected '0' and received '1'."]],
    ["time", "a=1&b=2", [400, -1101, "Too many parameters; expected '0' and received '2'."]],
    ["depth", "", missing("symbol")],
    ["depth", "symbol=", [400, -1105, "Parameter 'symbol' was empty."]],
    ["depth", "symbol=btcusdt", illegal("symbol", symbolRange)],
    ["depth", "symbol=BTC%20USDT", illegal("symbol", symbolRange)],
    ["depth", "symbol=BTC+USDT", illegal("symbol", symbolRange)],
    ["depth", `symbol=${"X".repeat(51)}`, illegal("symbol", symbolRange)],
    ["depth", "symbol=NOSUCH", [400, -1121, "Invalid symbol."]],
    ["depth", "symbol=BTCUSDT&limit=x", illegal("limit", "^[0-9]{1,20}$")],
    ["depth", "symbol=BTCUSDT&limit=0", [400, -1130, "Data sent for parameter 'limit' is not valid."]],
    ["depth", "symbol=BTCUSDT&limit=99999999999999999999", [400, -1108, "Parameter 'limit' overflowed."]],
    ["depth", "symbol=BTCUSDT&symbol=BTCUSDT", [400, -1101, "Duplicate values for parameter 'symbol'."]],
    [
      "depth",
      "symbol=BTCUSDT&foo=1",
      [400, -1104, "Not all sent parameters were read; read '1' parameter(s) but was sent '2'."],
    ],
    ["depth", "symbol=%zz", [400, -1100, "Illegal characters found in a parameter."]],
    ["depth", "symbol=%FF", [400, -1100, "Illegal characters found in a parameter."]],
    ["klines", "symbol=BTCUSDT", missing("interval")],
    ["klines", "symbol=BTCUSDT&interval=7m", [400, -1120, "Invalid interval."]],
    [
      "klines",
      "symbol=BTCUSDT&interval=1h&timeZone=15",
      [400, -1130, "Data sent for parameter 'timeZone' is not valid."],
    ],
    [
      "klines",
      "symbol=BTCUSDT&interval=1h&timeZone=-13:00",
      [400, -1130, "Data sent for parameter 'timeZone' is not valid."],
    ],
    ["ticker/24hr", "symbol=BTCUSDT&type=HUGE", [400, -1139, "Invalid ticker type."]],
    [
      "ticker/price",
      "symbol=BTCUSDT&symbols=[%22BTCUSDT%22]",
      [400, -1128, "Combination of optional parameters invalid."],
    ],
    ["ticker/price", "symbols=BTCUSDT", illegal("symbols", symbolsRange)],
    ["ticker/price", "symbols=[%22BTCUSDT%22,%20%22ETHUSDT%22]", illegal("symbols", symbolsRange)],
    [
      "ticker/price",
      "symbols=[%22BTCUSDT%22,%22BTCUSDT%22]",
      [400, -1101, "Duplicate values for parameter 'symbols'."],
    ],
    ["ticker/price", "symbols=[%22NOSUCH%22]", [400, -1121, "Invalid symbol."]],
    [
      "ticker/price",
      "symbol=BTCUSDT&symbolStatus=HALT",
      [400, -1220, "The symbol's status does not match the requested symbolStatus."],
    ],
    ["ticker/price", "symbolStatus=ASLEEP", [400, -1122, "Invalid symbolStatus."]],
    [
      "exchangeInfo",
      "symbols=[%22BTCUSDT%22,%22BTCUSDT%22]",
      [400, -1151, "Symbol is present multiple times in the list."],
    ],
    [
      "exchangeInfo",
      "symbol=BTCUSDT&permissions=SPOT",
      [400, -1128, "Combination of optional parameters invalid."],
    ],
    [
      "exchangeInfo",
      "symbol=BTCUSDT&symbolStatus=TRADING",
      [400, -1128, "Combination of optional parameters invalid."],
    ],
    ["exchangeInfo", "symbol=NOSUCH", [400, -1121, "Invalid symbol."]],
  ])("%s?%s", (path, query, expected) =>
    onStage({ history: false }, async ({ call }) => {
      expect(refusal(await call.open(`/api/v3/${path}`, query))).toEqual(expected);
    }),
  );

  test("an unknown value of X-MBX-TIME-UNIT", () =>
    onStage({ history: false }, async ({ sandbox, call }) => {
      const reply = await call.signed("GET", "/api/v3/account", "", {
        headers: { "x-mbx-time-unit": "SECOND" },
      });
      expect(refusal(reply)).toEqual([
        400,
        -1194,
        "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.",
      ]);
      expect(sandbox.journal.entries()).toHaveLength(1);
    }));

  test.each([
    ["GET", "/api/v3/nothing"],
    ["GET", "/api/v3/ping/"],
    ["GET", "//api/v3/ping"],
    ["GET", "/api/v3/../v3/ping"],
    ["GET", "/api/v3/%70ing"],
    ["GET", "/API/v3/ping"],
    ["POST", "/api/v3/ping"],
    ["PUT", "/api/v3/order"],
    ["POST", "/api/v3/order/oco"],
    ["POST", "/sapi/v1/capital/withdraw/apply"],
    ["POST", "/api/v3/userDataStream"],
  ])("%s %s is not there", (method, path) =>
    onStage({ history: false }, async ({ call }) => {
      const reply = await call.signed(method, path);
      expect(refusal(reply)).toEqual([404, -5000, `Path ${path}, Method ${method} is invalid`]);
      expect(reply.headers["content-type"]).toBe("application/json;charset=UTF-8");
    }),
  );
});

describe("new orders", () => {
  const limit = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=60000";
  const market = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.001";
  const without = (query: string, name: string): string =>
    query
      .split("&")
      .filter((pair) => !pair.startsWith(`${name}=`))
      .join("&");
  const changed = (query: string, name: string, value: string): string =>
    `${without(query, name)}&${name}=${value}`;
  const notRequired = (name: string): unknown[] => [
    400,
    -1106,
    `Parameter '${name}' sent when not required.`,
  ];
  const rejected = (text: string): unknown[] => [400, -2010, text];

  test.each<[string, string, unknown[]]>([
    ["no symbol", without(limit, "symbol"), missing("symbol")],
    ["no side", without(limit, "side"), missing("side")],
    ["no type", without(limit, "type"), missing("type")],
    ["LIMIT without timeInForce", without(limit, "timeInForce"), missing("timeInForce")],
    ["LIMIT without quantity", without(limit, "quantity"), missing("quantity")],
    ["LIMIT without price", without(limit, "price"), missing("price")],
    ["MARKET without quantity", without(market, "quantity"), missing("quantity")],
    ["MARKET with a price", `${market}&price=1`, notRequired("price")],
    ["MARKET with timeInForce", `${market}&timeInForce=GTC`, notRequired("timeInForce")],
    ["MARKET with both quantities", `${market}&quoteOrderQty=10`, notRequired("quantity")],
    ["LIMIT with quoteOrderQty", `${limit}&quoteOrderQty=10`, notRequired("quoteOrderQty")],
    ["LIMIT with stopPrice", `${limit}&stopPrice=10`, notRequired("stopPrice")],
    ["wrong side", changed(limit, "side", "buy"), [400, -1117, "Invalid side."]],
    ["wrong type", changed(limit, "type", "STOP"), [400, -1116, "Invalid orderType."]],
    ["wrong timeInForce", changed(limit, "timeInForce", "GTD"), [400, -1115, "Invalid timeInForce."]],
    ["unknown symbol", changed(limit, "symbol", "NOSUCH"), [400, -1121, "Invalid symbol."]],
    ["scientific notation", changed(limit, "quantity", "1e-05"), illegal("quantity", decimalRange)],
    ["a negative price", changed(limit, "price", "-1"), illegal("price", decimalRange)],
    ["a plus sign is a space", changed(limit, "price", "+1"), illegal("price", decimalRange)],
    ["an empty price", changed(limit, "price", ""), [400, -1105, "Parameter 'price' was empty."]],
    [
      "nine decimals",
      changed(limit, "price", "1.123456789"),
      [400, -1111, "Parameter 'price' has too much precision."],
    ],
    [
      "an enormous quantity",
      changed(limit, "quantity", "9".repeat(20)),
      [400, -1108, "Parameter 'quantity' overflowed."],
    ],
    ["a client id with a space", `${limit}&newClientOrderId=a%20b`, illegal("newClientOrderId", idRange)],
    [
      "a client id too long",
      `${limit}&newClientOrderId=${"a".repeat(37)}`,
      illegal("newClientOrderId", idRange),
    ],
    [
      "an unknown answer type",
      `${limit}&newOrderRespType=BRIEF`,
      [400, -1130, "Data sent for parameter 'newOrderRespType' is not valid."],
    ],
    [
      "a low strategyType",
      `${limit}&strategyType=999999`,
      [400, -1134, "`strategyType` was less than 1000000."],
    ],
    [
      "an unknown parameter",
      `${limit}&color=red`,
      [400, -1104, "Not all sent parameters were read; read '8' parameter(s) but was sent '9'."],
    ],
    [
      "another self-trade prevention",
      `${limit}&selfTradePreventionMode=EXPIRE_TAKER`,
      rejected("This symbol does not allow the specified self-trade prevention mode."),
    ],
    [
      "no such self-trade prevention",
      `${limit}&selfTradePreventionMode=MAYBE`,
      [400, -1130, "Data sent for parameter 'selfTradePreventionMode' is not valid."],
    ],
    [
      "STOP_LOSS",
      changed(market, "type", "STOP_LOSS"),
      rejected("Stop loss orders are not supported for this symbol."),
    ],
    [
      "STOP_LOSS_LIMIT",
      changed(limit, "type", "STOP_LOSS_LIMIT"),
      rejected("Stop loss limit orders are not supported for this symbol."),
    ],
    [
      "TAKE_PROFIT",
      changed(market, "type", "TAKE_PROFIT"),
      rejected("Take profit orders are not supported for this symbol."),
    ],
    [
      "TAKE_PROFIT_LIMIT",
      changed(limit, "type", "TAKE_PROFIT_LIMIT"),
      rejected("Take profit limit orders are not supported for this symbol."),
    ],
    [
      "LIMIT_MAKER",
      changed(without(limit, "timeInForce"), "type", "LIMIT_MAKER"),
      rejected("Unsupported order combination"),
    ],
    [
      "an iceberg",
      `${limit}&icebergQty=0.0001`,
      rejected("Iceberg orders are not supported for this symbol."),
    ],
    [
      "a trailing stop",
      `${limit}&trailingDelta=10`,
      rejected("Trailing stop orders are not supported for this symbol."),
    ],
    ["a pegged order", `${limit}&pegPriceType=PRIMARY_PEG`, rejected("Unsupported order combination")],
  ])("%s", (_, query, expected) =>
    onStage({ history: false }, async ({ sandbox, call }) => {
      expect(refusal(await call.order(query))).toEqual(expected);
      expect(refusal(await call.signed("POST", "/api/v3/order/test", query))).toEqual(expected);
      expect(sandbox.journal.entries().some((entry) => entry.outcome.executed)).toBe(false);
    }),
  );
});

describe("reads and cancels", () => {
  const either = [
    400,
    -1102,
    "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!",
  ];
  const combination = [400, -1128, "Combination of optional parameters invalid."];
  const tooLong = [400, -1127, "More than 24 hours between startTime and endTime."];
  const dayMs = 86_400_000;

  test.each<[string, string, string, unknown[]]>([
    ["GET", "order", "symbol=BTCUSDT", either],
    ["DELETE", "order", "symbol=BTCUSDT", either],
    ["GET", "order", "symbol=BTCUSDT&orderId=999999", [400, -2013, "Order does not exist."]],
    ["GET", "order", "symbol=BTCUSDT&origClientOrderId=nobody", [400, -2013, "Order does not exist."]],
    ["DELETE", "order", "symbol=BTCUSDT&orderId=999999", [400, -2011, "Unknown order sent."]],
    ["DELETE", "openOrders", "symbol=BTCUSDT", [400, -2011, "Unknown order sent."]],
    ["DELETE", "openOrders", "", missing("symbol")],
    [
      "DELETE",
      "order",
      "symbol=BTCUSDT&orderId=1&cancelRestrictions=ONLY_MINE",
      [400, -1145, "`cancelRestrictions` has to be either `ONLY_NEW` or `ONLY_PARTIALLY_FILLED`."],
    ],
    ["GET", "openOrders", "symbol=NOSUCH", [400, -1121, "Invalid symbol."]],
    ["GET", "allOrders", "", missing("symbol")],
    ["GET", "allOrders", `symbol=BTCUSDT&startTime=1&endTime=${dayMs + 2}`, tooLong],
    ["GET", "myTrades", `symbol=BTCUSDT&startTime=1&endTime=${dayMs + 2}`, tooLong],
    ["GET", "myTrades", "symbol=BTCUSDT&fromId=1&startTime=1", combination],
    ["GET", "myTrades", "symbol=BTCUSDT&orderId=1&endTime=1", combination],
    [
      "GET",
      "account",
      "omitZeroBalances=perhaps",
      [400, -1130, "Data sent for parameter 'omitZeroBalances' is not valid."],
    ],
    [
      "GET",
      "account",
      "foo=1",
      [400, -1104, "Not all sent parameters were read; read '2' parameter(s) but was sent '3'."],
    ],
  ])("%s %s?%s", (method, path, query, expected) =>
    onStage({ history: false }, async ({ call }) => {
      expect(refusal(await call.signed(method, `/api/v3/${path}`, query))).toEqual(expected);
    }),
  );
});
