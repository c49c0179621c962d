// The symbol filters, each at its border, with Binance's texts.

import { describe, expect, test } from "vitest";
import { onStage, type Reply } from "./exchange-client.ts";
import type { SymbolSpec } from "../src/index.ts";

const refusal = ({ status, code, msg }: Reply): unknown[] => [status, code, msg];
const failure = (name: string): unknown[] => [400, -1013, `Filter failure: ${name}`];

// Nothing has traded yet, so the average price is 0 and only what does not need it applies.
const quiet: SymbolSpec = {
  symbol: "AAABBB",
  baseAsset: "AAA",
  quoteAsset: "BBB",
  tickSize: "0.05",
  stepSize: "0.02",
  startPrice: "10",
  quoteSize: "1",
  minNotional: "5",
  maxNotional: "5000",
  minPrice: "0.1",
  maxPrice: "1000",
  minQty: "0.04",
  maxQty: "100",
  marketMaxQty: "50",
  maxNumOrders: 3,
};
const funds = { AAA: "1000", BBB: "1000000" };

const limit = (quantity: string, price: string): string =>
  `symbol=AAABBB&side=BUY&type=LIMIT&timeInForce=GTC&quantity=${quantity}&price=${price}`;

describe("a limit order", () => {
  test.each<[string, string, unknown[]]>([
    ["10", "0", [400, -1013, "Invalid price."]],
    ["100", "0.05", failure("PRICE_FILTER")],
    ["10", "1000.05", failure("PRICE_FILTER")],
    ["10", "10.01", failure("PRICE_FILTER")],
    ["0", "10", [400, -1013, "Invalid quantity."]],
    ["0.02", "1000", failure("LOT_SIZE")],
    ["100.02", "10", failure("LOT_SIZE")],
    ["1.01", "10", failure("LOT_SIZE")],
    ["0.98", "5", failure("NOTIONAL")],
    ["10.02", "500", failure("NOTIONAL")],
  ])("of %s at %s is refused", (quantity, price, expected) =>
    onStage({ symbols: [quiet], marketMakers: false, accounts: [{ balances: funds }] }, async ({ call }) => {
      expect(refusal(await call.order(limit(quantity, price)))).toEqual(expected);
    }),
  );

  test.each([
    ["50", "0.1"],
    ["0.04", "1000"],
    ["100", "10"],
    ["1", "5"],
    ["10", "500"],
  ])("of %s at %s passes", (quantity, price) =>
    onStage({ symbols: [quiet], marketMakers: false, accounts: [{ balances: funds }] }, async ({ call }) => {
      expect((await call.order(limit(quantity, price))).status).toBe(200);
    }),
  );

  test("one more than the most open orders is refused, until one is gone", () =>
    onStage({ symbols: [quiet], marketMakers: false, accounts: [{ balances: funds }] }, async ({ call }) => {
      for (let index = 0; index < 3; index += 1)
        expect((await call.order(limit("1", "10"))).status).toBe(200);
      expect(refusal(await call.order(limit("1", "10")))).toEqual(failure("MAX_NUM_ORDERS"));
      await call.signed("DELETE", "/api/v3/order", "symbol=AAABBB&orderId=2");
      expect((await call.order(limit("1", "10"))).status).toBe(200);
    }));
});

describe("with a price to go by", () => {
  /** Two trades: 1 at 10, 3 at 12; the average is 11.5. */
  const traded = (
    run: (order: (query: string) => Promise<Reply>, later: (ms: number) => void) => Promise<void>,
  ) =>
    onStage(
      { symbols: [quiet], marketMakers: false, accounts: [{ balances: funds }] },
      async ({ call, clock }) => {
        for (const [quantity, price] of [
          ["1", "10"],
          ["3", "12"],
        ] as const) {
          await call.order(limit(quantity, price));
          await call.order(limit(quantity, price).replace("BUY", "SELL"));
        }
        await run(
          (query) => call.order(query),
          (ms) => clock.advance(ms),
        );
      },
    );

  test("PERCENT_PRICE_BY_SIDE is counted from the average of five minutes", () =>
    traded(async (order) => {
      expect((await order(limit("1", "23"))).status).toBe(200);
      expect((await order(limit("1", "5.75"))).status).toBe(200);
      for (const price of ["23.05", "5.7"])
        for (const side of ["BUY", "SELL"])
          expect(refusal(await order(limit("1", price).replace("BUY", side)))).toEqual(
            failure("PERCENT_PRICE_BY_SIDE"),
          );
    }));

  test("and from the last price when those minutes are over", () =>
    traded(async (order, later) => {
      later(5 * 60_000 + 1);
      expect((await order(limit("1", "24"))).status).toBe(200);
      expect(refusal(await order(limit("1", "24.05")))).toEqual(failure("PERCENT_PRICE_BY_SIDE"));
    }));

  test("a market order's notional is judged at that average; its own lot limit applies", () =>
    traded(async (order) => {
      const market = (quantity: string): string => `symbol=AAABBB&side=SELL&type=MARKET&quantity=${quantity}`;
      expect(refusal(await order(market("0.42")))).toEqual(failure("NOTIONAL"));
      expect((await order(market("0.44"))).status).toBe(200);
      expect(refusal(await order(market("0.45")))).toEqual(failure("LOT_SIZE"));
      expect(refusal(await order(market("50.02")))).toEqual(failure("MARKET_LOT_SIZE"));
      expect((await order(market("50"))).status).toBe(200);
      // The upper bound of NOTIONAL does not apply to market orders.
      const quote = (amount: string): string => `symbol=AAABBB&side=BUY&type=MARKET&quoteOrderQty=${amount}`;
      expect(refusal(await order(quote("4.99")))).toEqual(failure("NOTIONAL"));
      expect(refusal(await order(quote("0")))).toEqual([400, -1013, "Invalid quantity."]);
    }));

  test("a budget below one lot is refused", () =>
    onStage(
      { symbols: [{ ...quiet, minNotional: "0" }], marketMakers: false, accounts: [{ balances: funds }] },
      async ({ call }) => {
        await call.order(limit("1", "10").replace("BUY", "SELL"));
        const reply = await call.order("symbol=AAABBB&side=BUY&type=MARKET&quoteOrderQty=0.1");
        expect(refusal(reply)).toEqual(failure("LOT_SIZE"));
      },
    ));
});

test("an order worth nothing at eight decimals is refused", () => {
  const tiny = {
    ...quiet,
    tickSize: "0.00000001",
    stepSize: "0.00000001",
    minPrice: "0",
    minQty: "0",
    minNotional: "0",
  };
  return onStage(
    { symbols: [tiny], marketMakers: false, accounts: [{ balances: funds }] },
    async ({ call }) => {
      const reply = await call.order(limit("0.001", "0.00000001"));
      expect(refusal(reply)).toEqual([400, -2010, "Price * QTY is zero or less."]);
    },
  );
});

test("exchangeInfo tells exactly these filters", () =>
  onStage({ symbols: [quiet], marketMakers: false }, async ({ call }) => {
    const info = (await call.open("/api/v3/exchangeInfo", "symbol=AAABBB")).json();
    expect(info).toMatchObject({
      symbols: [
        {
          filters: [
            {
              filterType: "PRICE_FILTER",
              minPrice: "0.10000000",
              maxPrice: "1000.00000000",
              tickSize: "0.05000000",
            },
            { filterType: "LOT_SIZE", minQty: "0.04000000", maxQty: "100.00000000", stepSize: "0.02000000" },
            {
              filterType: "MARKET_LOT_SIZE",
              minQty: "0.00000000",
              maxQty: "50.00000000",
              stepSize: "0.00000000",
            },
            {
              filterType: "PERCENT_PRICE_BY_SIDE",
              bidMultiplierUp: "2.00000000",
              bidMultiplierDown: "0.50000000",
              askMultiplierUp: "2.00000000",
              askMultiplierDown: "0.50000000",
              avgPriceMins: 5,
            },
            {
              filterType: "NOTIONAL",
              minNotional: "5.00000000",
              applyMinToMarket: true,
              maxNotional: "5000.00000000",
              applyMaxToMarket: false,
              avgPriceMins: 5,
            },
            { filterType: "MAX_NUM_ORDERS", maxNumOrders: 3 },
          ],
        },
      ],
    });
  }));
