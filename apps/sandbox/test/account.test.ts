// The private reads, what the key may do, and the usage headers.

import { describe, expect, test } from "vitest";
import { noonMs, onStage, uidOf, type Caller } from "./exchange-client.ts";

const minuteMs = 60_000;
const market = (side: string, quantity: string): string =>
  `symbol=BTCUSDT&side=${side}&type=MARKET&quantity=${quantity}`;
const limit = (price: string): string =>
  `symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=${price}`;

const read = async (call: Caller, path: string, query?: string): Promise<Record<string, unknown>[]> =>
  (await call.signed("GET", path, query)).json() as Record<string, unknown>[];
const idsOf = (rows: Record<string, unknown>[], name: string): unknown[] => rows.map((row) => row[name]);

describe("account", () => {
  test("says who it is, what it pays and what it has", () =>
    onStage({ accounts: [{ uid: 42, balances: { BTC: "1.5", USDT: "0" } }] }, async ({ call }) => {
      const account = (await call.signed("GET", "/api/v3/account")).json() as { balances: unknown[] };
      expect(account).toMatchObject({
        makerCommission: 10,
        takerCommission: 10,
        buyerCommission: 0,
        sellerCommission: 0,
        commissionRates: {
          maker: "0.00100000",
          taker: "0.00100000",
          buyer: "0.00000000",
          seller: "0.00000000",
        },
        canTrade: true,
        canWithdraw: true,
        canDeposit: true,
        brokered: false,
        requireSelfTradePrevention: false,
        preventSor: false,
        updateTime: noonMs,
        accountType: "SPOT",
        permissions: ["SPOT"],
        uid: 42,
      });
      expect(account.balances).toHaveLength(8);
      const some = (await call.signed("GET", "/api/v3/account", "omitZeroBalances=true")).json();
      expect(some).toMatchObject({ balances: [{ asset: "BTC", free: "1.50000000", locked: "0.00000000" }] });
    }));

  test("the default account has what the front page promises", () =>
    onStage({}, async ({ sandbox }) => {
      const balances = sandbox.balances(uidOf(sandbox));
      expect(balances["BTC"]?.free).toBe("10.00000000");
      expect(balances["USDT"]?.free).toBe("1000000.00000000");
      expect(Object.values(balances).every(({ free }) => Number(free) > 0)).toBe(true);
      expect(sandbox.accounts[0]?.keys[0]?.apiKey).toMatch(/^[A-Za-z0-9]{64}$/);
      expect(sandbox.accounts[0]?.keys[0]?.secret).toMatch(/^[A-Za-z0-9]{64}$/);
    }));
});

describe("lists", () => {
  /** Five orders, a minute apart, every second one a market order. */
  const busy = (run: (call: Caller) => Promise<void>) =>
    onStage({ history: false }, async ({ call, clock, sandbox }) => {
      for (const query of [
        market("BUY", "0.01"),
        limit("50000"),
        market("BUY", "0.02"),
        limit("50001"),
        market("SELL", "0.03"),
      ]) {
        await call.order(query);
        clock.advance(minuteMs);
      }
      expect(sandbox.orders(uidOf(sandbox))).toHaveLength(5);
      await run(call);
    });

  test("allOrders: everything, from an id, within a window, newest by limit", () =>
    busy(async (call) => {
      const ids = async (query: string) =>
        idsOf(await read(call, "/api/v3/allOrders", `symbol=BTCUSDT${query}`), "orderId");
      const all = await ids("");
      expect(all).toHaveLength(5);
      expect(await ids(`&orderId=${String(all[2])}`)).toEqual(all.slice(2));
      expect(await ids(`&orderId=${String(all[2])}&limit=1`)).toEqual([all[2]]);
      expect(await ids("&limit=2")).toEqual(all.slice(3));
      expect(await ids(`&startTime=${noonMs + minuteMs}&endTime=${noonMs + 3 * minuteMs}`)).toEqual(
        all.slice(1, 4),
      );
      expect(await ids(`&startTime=${(noonMs + minuteMs) * 1_000}&limit=1`)).toEqual([all[1]]);
      expect(await ids(`&endTime=${noonMs}`)).toEqual(all.slice(0, 1));
      expect(await read(call, "/api/v3/allOrders", "symbol=ETHUSDT")).toEqual([]);
    }));

  test("openOrders: of one symbol, or of all", () =>
    busy(async (call) => {
      await call.order("symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=2500");
      const prices = async (query: string) => idsOf(await read(call, "/api/v3/openOrders", query), "price");
      expect(await prices("symbol=BTCUSDT")).toEqual(["50000.00000000", "50001.00000000"]);
      expect(await prices("")).toEqual(["50000.00000000", "50001.00000000", "2500.00000000"]);
    }));

  test("myTrades: every documented combination", () =>
    busy(async (call) => {
      const ask = async (query: string) => read(call, "/api/v3/myTrades", `symbol=BTCUSDT${query}`);
      const all = await ask("");
      expect(idsOf(all, "qty")).toEqual(["0.01000000", "0.02000000", "0.03000000"]);
      expect(idsOf(all, "isBuyer")).toEqual([true, true, false]);
      expect(idsOf(all, "commissionAsset")).toEqual(["BTC", "BTC", "USDT"]);
      expect(idsOf(all, "commission").slice(0, 2)).toEqual(["0.00001000", "0.00002000"]);
      const [first, second, third] = all;
      const id = (row: Record<string, unknown> | undefined, name = "id"): string => String(row?.[name]);
      expect(await ask(`&orderId=${id(second, "orderId")}`)).toEqual([second]);
      expect(await ask(`&fromId=${id(second)}`)).toEqual([second, third]);
      expect(await ask(`&orderId=${id(second, "orderId")}&fromId=${id(third)}`)).toEqual([]);
      expect(await ask(`&startTime=${noonMs + 1}`)).toEqual([second, third]);
      expect(await ask(`&endTime=${noonMs}`)).toEqual([first]);
      expect(await ask(`&startTime=${noonMs}&endTime=${noonMs + 2 * minuteMs}`)).toEqual([first, second]);
      expect(await ask("&limit=1")).toEqual([third]);
      expect(await ask(`&fromId=${id(first)}&limit=1`)).toEqual([first]);
    }));
});

describe("apiRestrictions", () => {
  test("is what the key was made with", () =>
    onStage({}, async ({ sandbox, call, clock }) => {
      clock.advance(7);
      const { apiKey, secret = "" } = sandbox.addKey(uidOf(sandbox), {
        permissions: { trade: false, withdrawals: true },
        ipList: ["127.0.0.1"],
      });
      const path = "/sapi/v1/account/apiRestrictions";
      expect((await call.signed("GET", path, "", { as: { apiKey, secret } })).json()).toEqual({
        ipRestrict: true,
        createTime: noonMs + 7,
        enableReading: true,
        enableWithdrawals: true,
        enableInternalTransfer: false,
        enableMargin: false,
        enableFutures: false,
        permitsUniversalTransfer: false,
        enableVanillaOptions: false,
        enableFixApiTrade: false,
        enableFixReadOnly: false,
        enableSpotAndMarginTrading: false,
        enablePortfolioMarginTrading: false,
      });
      expect((await call.signed("GET", path)).json()).toMatchObject({
        ipRestrict: false,
        enableWithdrawals: false,
        enableSpotAndMarginTrading: true,
      });
    }));
});

describe("usage", () => {
  test.each<[string, string, string, number]>([
    ["GET", "/api/v3/ping", "", 1],
    ["GET", "/api/v3/exchangeInfo", "", 20],
    ["GET", "/api/v3/depth", "symbol=BTCUSDT&limit=100", 5],
    ["GET", "/api/v3/depth", "symbol=BTCUSDT&limit=101", 25],
    ["GET", "/api/v3/depth", "symbol=BTCUSDT&limit=1000", 50],
    ["GET", "/api/v3/depth", "symbol=BTCUSDT&limit=1001", 250],
    ["GET", "/api/v3/trades", "symbol=BTCUSDT", 25],
    ["GET", "/api/v3/klines", "symbol=BTCUSDT&interval=1m", 2],
    ["GET", "/api/v3/ticker/price", "symbol=BTCUSDT", 2],
    ["GET", "/api/v3/ticker/price", "", 4],
    ["GET", "/api/v3/ticker/bookTicker", "symbols=[%22BTCUSDT%22]", 4],
    ["GET", "/api/v3/ticker/24hr", "symbols=[%22BTCUSDT%22,%22ETHBTC%22]", 2],
    ["GET", "/api/v3/ticker/24hr", "", 80],
    ["GET", "/api/v3/nothing", "", 1],
  ])("%s %s?%s weighs %d", (_, path, query, weight) =>
    onStage({ history: false }, async ({ call }) => {
      const { headers } = await call.open(path, query);
      expect(headers["x-mbx-used-weight"]).toBe(String(weight));
      expect(headers["x-mbx-used-weight-1m"]).toBe(String(weight));
      expect(headers["x-mbx-uuid"]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    }),
  );

  test.each<[string, string, string, number]>([
    ["GET", "/api/v3/account", "", 20],
    ["GET", "/api/v3/order", "symbol=BTCUSDT&orderId=1", 4],
    ["GET", "/api/v3/openOrders", "symbol=BTCUSDT", 6],
    ["GET", "/api/v3/openOrders", "", 80],
    ["GET", "/api/v3/allOrders", "symbol=BTCUSDT", 20],
    ["GET", "/api/v3/myTrades", "symbol=BTCUSDT", 20],
    ["GET", "/api/v3/myTrades", "symbol=BTCUSDT&orderId=1", 5],
    ["GET", "/sapi/v1/account/apiRestrictions", "", 1],
    ["POST", "/api/v3/order/test", market("BUY", "0.001"), 1],
    ["POST", "/api/v3/order/test", `${market("BUY", "0.001")}&computeCommissionRates=true`, 20],
    ["POST", "/api/v3/order", market("BUY", "0.001"), 0],
    ["POST", "/api/v3/order", market("SELL", "100"), 1],
    ["DELETE", "/api/v3/order", "symbol=BTCUSDT&orderId=1", 1],
    ["DELETE", "/api/v3/openOrders", "symbol=BTCUSDT", 1],
  ])("%s %s?%s, signed, weighs %d", (method, path, query, weight) =>
    onStage({ history: false }, async ({ call }) => {
      const { headers } = await call.signed(method, path, query);
      expect(headers["x-mbx-used-weight-1m"]).toBe(String(weight));
    }),
  );

  test("weight is counted by calendar minute", () =>
    onStage({ history: false }, async ({ call, clock }) => {
      const used = async () => (await call.open("/api/v3/ping")).headers["x-mbx-used-weight-1m"];
      clock.advance(minuteMs - 1);
      expect([await used(), await used()]).toEqual(["1", "2"]);
      clock.advance(1);
      expect(await used()).toBe("1");
    }));

  test("orders are counted by ten seconds and by day, accepted ones only", () =>
    onStage({ history: false }, async ({ call, clock }) => {
      const counts = async (query: string) => {
        const { headers } = await call.order(query);
        return [headers["x-mbx-order-count-10s"], headers["x-mbx-order-count-1d"]];
      };
      expect(await counts(limit("50000"))).toEqual(["1", "1"]);
      expect(await counts(limit("50000"))).toEqual(["2", "2"]);
      expect(await counts(market("SELL", "100"))).toEqual([undefined, undefined]);
      clock.advance(10_000);
      expect(await counts(limit("50000"))).toEqual(["1", "3"]);
      clock.advance(12 * 60 * minuteMs);
      expect(await counts(limit("50000"))).toEqual(["1", "1"]);
      const test = await call.signed("POST", "/api/v3/order/test", limit("50000"));
      expect(test.headers["x-mbx-order-count-1d"]).toBeUndefined();
    }));
});
