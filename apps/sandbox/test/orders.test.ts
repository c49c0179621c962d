// The life of an order over the wire: placed, filled, rested, queried, cancelled, and what it does to balances.

import { describe, expect, test } from "vitest";
import { onStage, uidOf, type Caller, type Reply, type Stage } from "./exchange-client.ts";

const refusal = ({ status, code, msg }: Reply): unknown[] => [status, code, msg];

/** A market of two people and nobody else: what one does, the other meets. */
function alone<Result>(
  run: (stage: Stage & { maker: Caller; makerUid: number }) => Promise<Result>,
): Promise<Result> {
  const balances = { BTC: "10", USDT: "100000" };
  return onStage({ marketMakers: false, accounts: [{ balances }, { balances }] }, async (stage) => {
    const [, other] = stage.sandbox.accounts;
    const { apiKey = "", secret = "" } = other?.keys[0] ?? {};
    const as = { apiKey, secret };
    const { call } = stage;
    const maker = Object.create(call) as Caller;
    maker.order = (query) => call.signed("POST", "/api/v3/order", query, { as });
    return run({ ...stage, maker, makerUid: other?.uid ?? 0 });
  });
}

const limit = (side: string, quantity: string, price: string, timeInForce = "GTC"): string =>
  `symbol=BTCUSDT&side=${side}&type=LIMIT&timeInForce=${timeInForce}&quantity=${quantity}&price=${price}`;
const market = (side: string, quantity: string): string =>
  `symbol=BTCUSDT&side=${side}&type=MARKET&quantity=${quantity}`;

describe("answers", () => {
  test("ACK, RESULT and FULL are three lengths of the same; FULL is the default", () =>
    alone(async ({ call, maker, clock }) => {
      await maker.order(limit("SELL", "1", "100"));
      const ask = (type: string) =>
        call.order(
          `${limit("BUY", "0.1", "100")}&newClientOrderId=${type}${type ? `&newOrderRespType=${type}` : "x"}`,
        );
      const ack = {
        symbol: "BTCUSDT",
        orderId: 2,
        orderListId: -1,
        clientOrderId: "ACK",
        transactTime: clock.nowMs(),
      };
      expect((await ask("ACK")).json()).toEqual(ack);
      const result = {
        ...ack,
        orderId: 3,
        clientOrderId: "RESULT",
        price: "100.00000000",
        origQty: "0.10000000",
        executedQty: "0.10000000",
        origQuoteOrderQty: "0.00000000",
        cummulativeQuoteQty: "10.00000000",
        status: "FILLED",
        timeInForce: "GTC",
        type: "LIMIT",
        side: "BUY",
        workingTime: clock.nowMs(),
        selfTradePreventionMode: "NONE",
      };
      expect((await ask("RESULT")).json()).toEqual(result);
      const fills = [
        {
          price: "100.00000000",
          qty: "0.10000000",
          commission: "0.00010000",
          commissionAsset: "BTC",
          tradeId: 3,
        },
      ];
      expect((await ask("FULL")).json()).toEqual({ ...result, orderId: 4, clientOrderId: "FULL", fills });
      const plain = { ...result, orderId: 5, clientOrderId: "x", fills: [{ ...fills[0], tradeId: 4 }] };
      expect((await ask("")).json()).toEqual(plain);
    }));

  test("times in microseconds where asked", () =>
    onStage({}, async ({ call, clock }) => {
      for (const unit of ["MICROSECOND", "microsecond"]) {
        const reply = await call.signed("POST", "/api/v3/order", market("BUY", "0.001"), {
          headers: { "x-mbx-time-unit": unit },
        });
        expect(reply.json()).toMatchObject({ transactTime: clock.nowMs() * 1_000 });
      }
    }));

  test("strategy parameters come back; they are absent where not sent", () =>
    alone(async ({ call }) => {
      const sent = await call.order(`${limit("BUY", "1", "10")}&strategyId=5&strategyType=1000000`);
      expect(sent.json()).toMatchObject({ strategyId: 5, strategyType: 1_000_000 });
      const query = await call.signed("GET", "/api/v3/order", "symbol=BTCUSDT&orderId=1");
      expect(query.json()).toMatchObject({ strategyId: 5, strategyType: 1_000_000 });
      expect((await call.order(limit("BUY", "1", "10"))).text).not.toContain("strategy");
    }));

  test("a client order id made here is 22 letters and digits", () =>
    alone(async ({ call }) => {
      expect((await call.order(limit("BUY", "1", "10"))).text).toMatch(/"clientOrderId":"[A-Za-z0-9]{22}"/);
    }));
});

describe("matching", () => {
  test("best price first, then the older, at the maker's price; the surplus of a buy is freed", () =>
    alone(async ({ sandbox, call, maker }) => {
      await maker.order(`${limit("SELL", "1", "101")}&newClientOrderId=late`);
      await maker.order(`${limit("SELL", "1", "100")}&newClientOrderId=first`);
      await maker.order(`${limit("SELL", "1", "100")}&newClientOrderId=second`);
      const reply = await call.order(limit("BUY", "2.5", "105"));
      expect(reply.json()).toMatchObject({
        status: "FILLED",
        cummulativeQuoteQty: "250.50000000",
        fills: [
          { price: "100.00000000", qty: "1.00000000", tradeId: 1 },
          { price: "100.00000000", qty: "1.00000000", tradeId: 2 },
          { price: "101.00000000", qty: "0.50000000", tradeId: 3 },
        ],
      });
      expect(sandbox.balances(uidOf(sandbox))).toEqual({
        BTC: { free: "12.49750000", locked: "0.00000000" },
        USDT: { free: "99749.50000000", locked: "0.00000000" },
      });
    }));

  test("a limit order rests with what is left, and locks exactly that", () =>
    alone(async ({ sandbox, call, maker, makerUid }) => {
      await maker.order(limit("SELL", "1", "100"));
      const reply = await call.order(limit("BUY", "3", "110"));
      expect(reply.json()).toMatchObject({ status: "PARTIALLY_FILLED", executedQty: "1.00000000" });
      expect(sandbox.balances(uidOf(sandbox))["USDT"]).toEqual({
        free: "99680.00000000",
        locked: "220.00000000",
      });
      // The seller paid 0.1 % of the USDT received.
      expect(sandbox.balances(makerUid)["USDT"]).toEqual({ free: "100099.90000000", locked: "0.00000000" });
      await call.signed("DELETE", "/api/v3/openOrders", "symbol=BTCUSDT");
      expect(sandbox.balances(uidOf(sandbox))["USDT"]).toEqual({
        free: "99900.00000000",
        locked: "0.00000000",
      });
    }));

  test("IOC takes what is there and expires", () =>
    alone(async ({ call, maker }) => {
      await maker.order(limit("SELL", "1", "100"));
      expect((await call.order(limit("BUY", "3", "100", "IOC"))).json()).toMatchObject({
        status: "EXPIRED",
        executedQty: "1.00000000",
        expiryReason: "UNFILLED_IOC_QUANTITY_EXPIRED",
      });
    }));

  test("FOK takes all or nothing", () =>
    alone(async ({ sandbox, call, maker }) => {
      await maker.order(limit("SELL", "1", "100"));
      expect((await call.order(limit("BUY", "1.5", "100", "FOK"))).json()).toMatchObject({
        status: "EXPIRED",
        executedQty: "0.00000000",
        expiryReason: "UNFILLED_FOK_ORDER_EXPIRED",
        fills: [],
      });
      expect(sandbox.balances(uidOf(sandbox))["USDT"]).toEqual({
        free: "100000.00000000",
        locked: "0.00000000",
      });
      expect((await call.order(limit("BUY", "1", "100", "FOK"))).json()).toMatchObject({ status: "FILLED" });
    }));

  test("a market order that empties the book expires with what it got", () =>
    alone(async ({ call, maker }) => {
      await maker.order(limit("SELL", "1", "100"));
      const expired = { status: "EXPIRED", expiryReason: "INSUFFICIENT_LIQUIDITY", origQty: "3.00000000" };
      expect((await call.order(market("BUY", "3"))).json()).toMatchObject({
        ...expired,
        executedQty: "1.00000000",
      });
      expect((await call.order(market("BUY", "3"))).json()).toMatchObject({
        ...expired,
        executedQty: "0.00000000",
      });
    }));

  test("quoteOrderQty spends at most that, in whole lots", () =>
    alone(async ({ sandbox, call, maker }) => {
      await maker.order(limit("SELL", "0.1", "333"));
      await maker.order(limit("SELL", "9", "334"));
      const reply = await call.order("symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=50");
      // 0.1 at 333 leaves 16.70, which is 0.05 lots at 334.
      expect(reply.json()).toMatchObject({
        status: "FILLED",
        origQty: "0.15000000",
        executedQty: "0.15000000",
        origQuoteOrderQty: "50.00000000",
        cummulativeQuoteQty: "50.00000000",
      });
      const odd = await call.order("symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=10.001");
      expect(odd.json()).toMatchObject({
        status: "FILLED",
        executedQty: "0.02994000",
        cummulativeQuoteQty: "9.99996000",
      });
      expect(sandbox.balances(uidOf(sandbox))["USDT"]?.locked).toBe("0.00000000");
    }));

  test("quoteOrderQty on the sell side receives at most that", () =>
    alone(async ({ call, maker }) => {
      await maker.order(limit("BUY", "1", "300"));
      const reply = await call.order("symbol=BTCUSDT&side=SELL&type=MARKET&quoteOrderQty=100");
      expect(reply.json()).toMatchObject({ executedQty: "0.33333000", cummulativeQuoteQty: "99.99900000" });
    }));

  test("quoteOrderQty against an empty book is refused", () =>
    alone(async ({ call }) => {
      const reply = await call.order("symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=50");
      expect(refusal(reply)).toEqual([
        400,
        -2010,
        "Order book liquidity is less than symbol minimum quantity.",
      ]);
    }));

  test("one may trade with oneself, and only pays the fees", () =>
    alone(async ({ sandbox, call }) => {
      await call.order(limit("SELL", "1", "100"));
      expect((await call.order(market("BUY", "1"))).json()).toMatchObject({ status: "FILLED" });
      expect(sandbox.balances(uidOf(sandbox))).toEqual({
        BTC: { free: "9.99900000", locked: "0.00000000" },
        USDT: { free: "99999.90000000", locked: "0.00000000" },
      });
      expect(sandbox.trades(uidOf(sandbox))).toHaveLength(2);
    }));
});

describe("refused by the engine", () => {
  const insufficient = [400, -2010, "Account has insufficient balance for requested action."];

  test("more than one has, on either side, in every way of asking", () =>
    alone(async ({ sandbox, call, maker }) => {
      await maker.order(limit("SELL", "5", "90000"));
      await maker.order(limit("BUY", "9", "10000"));
      for (const query of [
        limit("BUY", "2", "60000"),
        limit("SELL", "10.00001", "60000"),
        market("SELL", "10.00001"),
        market("BUY", "1.2"),
        "symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=100001",
      ])
        expect(refusal(await call.order(query))).toEqual(insufficient);
      expect(sandbox.orders(uidOf(sandbox))).toEqual([]);
    }));

  test("a market order is judged by what it names, not by the little the book holds", () =>
    alone(async ({ call, maker }) => {
      await maker.order(limit("SELL", "0.5", "1000"));
      await maker.order(limit("BUY", "0.5", "900"));
      const budget = (amount: string): string =>
        `symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=${amount}`;
      expect(refusal(await call.order(budget("100001")))).toEqual(insufficient);
      expect(refusal(await call.order(market("SELL", "11")))).toEqual(insufficient);
      expect((await call.order(budget("100000"))).json()).toMatchObject({
        status: "EXPIRED",
        executedQty: "0.50000000",
      });
    }));

  test("what is locked cannot be spent twice", () =>
    alone(async ({ call }) => {
      expect((await call.order(limit("SELL", "6", "90000"))).status).toBe(200);
      expect(refusal(await call.order(limit("SELL", "6", "90000")))).toEqual(insufficient);
    }));

  test("a client order id that is still open; free again once closed", () =>
    alone(async ({ call }) => {
      const again = `${limit("BUY", "1", "10")}&newClientOrderId=mine`;
      expect((await call.order(again)).status).toBe(200);
      expect(refusal(await call.order(again))).toEqual([400, -2010, "Duplicate order sent."]);
      await call.signed("DELETE", "/api/v3/order", "symbol=BTCUSDT&origClientOrderId=mine");
      expect((await call.order(again)).status).toBe(200);
    }));

  test("an account that may not trade", () =>
    alone(async ({ sandbox, call }) => {
      await call.order(limit("BUY", "1", "10"));
      sandbox.setFlags(uidOf(sandbox), { canTrade: false });
      const text = "This account may not place or cancel orders.";
      expect(refusal(await call.order(limit("BUY", "1", "10")))).toEqual([400, -2010, text]);
      const cancel = await call.signed("DELETE", "/api/v3/order", "symbol=BTCUSDT&orderId=1");
      expect(refusal(cancel)).toEqual([400, -2011, text]);
      expect((await call.signed("GET", "/api/v3/account")).json()).toMatchObject({ canTrade: false });
    }));
});

describe("query and cancel", () => {
  const query = (call: Caller, ids: string) => call.signed("GET", "/api/v3/order", `symbol=BTCUSDT&${ids}`);
  const cancel = (call: Caller, ids: string) =>
    call.signed("DELETE", "/api/v3/order", `symbol=BTCUSDT&${ids}`);

  test("an order is found by either id, and by both only if they belong together", () =>
    alone(async ({ call, clock }) => {
      await call.order(`${limit("BUY", "1", "10")}&newClientOrderId=mine`);
      const expected = {
        symbol: "BTCUSDT",
        orderId: 1,
        orderListId: -1,
        clientOrderId: "mine",
        price: "10.00000000",
        origQty: "1.00000000",
        executedQty: "0.00000000",
        cummulativeQuoteQty: "0.00000000",
        status: "NEW",
        timeInForce: "GTC",
        type: "LIMIT",
        side: "BUY",
        stopPrice: "0.00000000",
        icebergQty: "0.00000000",
        time: clock.nowMs(),
        updateTime: clock.nowMs(),
        isWorking: true,
        workingTime: clock.nowMs(),
        origQuoteOrderQty: "0.00000000",
        selfTradePreventionMode: "NONE",
      };
      for (const ids of ["orderId=1", "origClientOrderId=mine", "orderId=1&origClientOrderId=mine"])
        expect((await query(call, ids)).json()).toEqual(expected);
      const mismatch = [400, -2039, "Client order ID is not correct for this order ID."];
      expect(refusal(await query(call, "orderId=1&origClientOrderId=other"))).toEqual(mismatch);
      expect(refusal(await cancel(call, "orderId=1&origClientOrderId=other"))).toEqual(mismatch);
    }));

  test("nobody sees or cancels another's order", () =>
    alone(async ({ call, maker }) => {
      await maker.order(`${limit("BUY", "1", "10")}&newClientOrderId=theirs`);
      for (const ids of ["orderId=1", "origClientOrderId=theirs"]) {
        expect((await query(call, ids)).code).toBe(-2013);
        expect((await cancel(call, ids)).code).toBe(-2011);
      }
      expect((await call.signed("GET", "/api/v3/openOrders")).text).toBe("[]");
    }));

  test("a cancel answers with both ids and cannot be repeated", () =>
    alone(async ({ call, clock }) => {
      await call.order(`${limit("BUY", "1", "10")}&newClientOrderId=mine`);
      clock.advance(5);
      expect((await cancel(call, "orderId=1&newClientOrderId=undo")).json()).toEqual({
        symbol: "BTCUSDT",
        origClientOrderId: "mine",
        orderId: 1,
        orderListId: -1,
        clientOrderId: "undo",
        transactTime: clock.nowMs(),
        price: "10.00000000",
        origQty: "1.00000000",
        executedQty: "0.00000000",
        origQuoteOrderQty: "0.00000000",
        cummulativeQuoteQty: "0.00000000",
        status: "CANCELED",
        timeInForce: "GTC",
        type: "LIMIT",
        side: "BUY",
        selfTradePreventionMode: "NONE",
      });
      expect(refusal(await cancel(call, "orderId=1"))).toEqual([400, -2011, "Unknown order sent."]);
      expect((await query(call, "origClientOrderId=mine")).json()).toMatchObject({ status: "CANCELED" });
    }));

  test("cancel restrictions hold the cancel back", () =>
    alone(async ({ call, maker }) => {
      const held = [400, -2011, "Order was not canceled due to cancel restrictions."];
      await call.order(limit("BUY", "2", "10"));
      expect(refusal(await cancel(call, "orderId=1&cancelRestrictions=ONLY_PARTIALLY_FILLED"))).toEqual(held);
      await maker.order(limit("SELL", "1", "10"));
      expect(refusal(await cancel(call, "orderId=1&cancelRestrictions=ONLY_NEW"))).toEqual(held);
      expect((await cancel(call, "orderId=1&cancelRestrictions=ONLY_PARTIALLY_FILLED")).status).toBe(200);
    }));

  test("cancel-all takes one symbol's orders and leaves the others", () =>
    onStage({}, async ({ call }) => {
      await call.order(limit("BUY", "0.001", "50000"));
      await call.order(limit("BUY", "0.001", "50001"));
      await call.order("symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=2500");
      const gone = (await call.signed("DELETE", "/api/v3/openOrders", "symbol=BTCUSDT")).json();
      expect(gone).toMatchObject([{ price: "50000.00000000" }, { price: "50001.00000000" }]);
      expect((await call.signed("GET", "/api/v3/openOrders")).json()).toMatchObject([{ symbol: "ETHUSDT" }]);
    }));

  test("a client id names the newest order that carried it, an open one first", () =>
    alone(async ({ call, maker }) => {
      await maker.order(limit("SELL", "5", "100"));
      for (const quantity of ["1", "2"]) await call.order(`${market("BUY", quantity)}&newClientOrderId=same`);
      expect((await query(call, "origClientOrderId=same")).json()).toMatchObject({ origQty: "2.00000000" });
    }));
});

describe("order/test", () => {
  test("judges like the real thing and does nothing", () =>
    onStage({}, async ({ sandbox, call }) => {
      const before = sandbox.balances(uidOf(sandbox));
      const reply = await call.signed("POST", "/api/v3/order/test", market("BUY", "0.001"));
      expect(reply.text).toBe("{}");
      const poor = await call.signed("POST", "/api/v3/order/test", market("SELL", "11"));
      expect(poor.code).toBe(-2010);
      const rates = await call.signed(
        "POST",
        "/api/v3/order/test",
        `${market("BUY", "0.001")}&computeCommissionRates=true`,
      );
      expect(rates.json()).toEqual({
        standardCommissionForOrder: { maker: "0.00100000", taker: "0.00100000" },
        specialCommissionForOrder: { maker: "0.00000000", taker: "0.00000000" },
        taxCommissionForOrder: { maker: "0.00000000", taker: "0.00000000" },
        discount: {
          enabledForAccount: false,
          enabledForSymbol: false,
          discountAsset: "BNB",
          discount: "0.00000000",
        },
      });
      expect(sandbox.balances(uidOf(sandbox))).toEqual(before);
      expect(sandbox.orders(uidOf(sandbox))).toEqual([]);
    }));
});
