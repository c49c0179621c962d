// The public endpoints against a market whose seed, clock and steps are known.

import { describe, expect, test } from "vitest";
import { defaultSymbols } from "../src/market/symbols.ts";
import { noonMs, onStage, send, type Caller } from "./exchange-client.ts";

const rows = async (call: Caller, path: string, query?: string): Promise<Record<string, string | number>[]> =>
  (await call.open(`/api/v3/${path}`, query)).json() as Record<string, string | number>[];

const minuteMs = 60_000;

test("ping and time", () =>
  onStage({}, async ({ sandbox, call, clock }) => {
    expect((await call.open("/api/v3/ping")).text).toBe("{}");
    expect((await call.open("/api/v3/time")).json()).toEqual({ serverTime: noonMs });
    clock.advance(0.125);
    const headers = { "x-mbx-time-unit": "MICROSECOND" };
    const precise = await send(sandbox, { path: "/api/v3/time", headers });
    expect(precise.json()).toEqual({ serverTime: noonMs * 1_000 + 125 });
    expect((await call.open("/api/v3/time")).json()).toEqual({ serverTime: noonMs });
  }));

describe("exchangeInfo", () => {
  test("lists every symbol, what it can do, and the rate limits", () =>
    onStage({}, async ({ call }) => {
      const info = (await call.open("/api/v3/exchangeInfo")).json() as { symbols: { symbol: string }[] };
      expect(info.symbols.map((row) => row.symbol)).toEqual(defaultSymbols.map((spec) => spec.symbol));
      expect(info).toMatchObject({
        timezone: "UTC",
        serverTime: noonMs,
        exchangeFilters: [],
        rateLimits: [
          { rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, limit: 6_000 },
          { rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, limit: 50 },
          { rateLimitType: "ORDERS", interval: "DAY", intervalNum: 1, limit: 160_000 },
          { rateLimitType: "RAW_REQUESTS", interval: "MINUTE", intervalNum: 5, limit: 300_000 },
        ],
      });
      expect(info.symbols[0]).toMatchObject({
        status: "TRADING",
        orderTypes: ["LIMIT", "MARKET"],
        permissionSets: [["SPOT"]],
        allowedSelfTradePreventionModes: ["NONE"],
      });
    }));

  test.each([
    ["symbol=BTCUSDT", ["BTCUSDT"]],
    ["symbols=[%22LTCBTC%22,%22BTCUSDT%22]", ["LTCBTC", "BTCUSDT"]],
    ["symbols=%5B%22%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96%22%5D", ["１２３４５６"]],
    ["permissions=SPOT&symbolStatus=TRADING", defaultSymbols.map((spec) => spec.symbol)],
    ["permissions=%5B%22MARGIN%22%2C%22SPOT%22%5D", defaultSymbols.map((spec) => spec.symbol)],
    ["permissions=MARGIN", []],
    ["symbolStatus=HALT", []],
  ])("%s", (query, expected) =>
    onStage({ history: false }, async ({ call }) => {
      const info = (await call.open("/api/v3/exchangeInfo", query)).json() as {
        symbols: { symbol: string }[];
      };
      expect(info.symbols.map((row) => row.symbol)).toEqual(expected);
    }),
  );

  test("permission sets can be left out", () =>
    onStage({ history: false }, async ({ call }) => {
      const info = (
        await call.open("/api/v3/exchangeInfo", "symbol=BTCUSDT&showPermissionSets=false")
      ).json();
      expect(info).toMatchObject({ symbols: [{ permissionSets: [] }] });
    }));
});

describe("depth", () => {
  test("bids fall, asks rise, and never cross, after any number of steps", () =>
    onStage({}, async ({ sandbox, call }) => {
      for (const { symbol } of defaultSymbols) {
        sandbox.tick(7);
        const book = (await call.open("/api/v3/depth", `symbol=${encodeURIComponent(symbol)}`)).json() as {
          bids: string[][];
          asks: string[][];
        };
        const bids = book.bids.map(([price]) => Number(price));
        const asks = book.asks.map(([price]) => Number(price));
        expect(bids.length).toBeGreaterThan(5);
        expect(bids).toEqual(bids.toSorted((a, b) => b - a));
        expect(asks).toEqual(asks.toSorted((a, b) => a - b));
        expect(bids[0]).toBeLessThan(asks[0] ?? 0);
      }
    }));

  test("limits the levels, adds up a level's orders, and counts every change", () =>
    onStage({ marketMakers: false }, async ({ call }) => {
      const order = (price: string) =>
        call.order(`symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.5&price=${price}`);
      for (const price of ["100", "101", "101", "99"]) await order(price);
      expect((await call.open("/api/v3/depth", "symbol=BTCUSDT&limit=2")).json()).toEqual({
        lastUpdateId: 4,
        bids: [
          ["101.00000000", "1.00000000"],
          ["100.00000000", "0.50000000"],
        ],
        asks: [],
      });
    }));

  test("the book moves with every step", () =>
    onStage({}, async ({ sandbox, call }) => {
      const seen = new Set<string>();
      for (let step = 0; step < 5; step += 1) {
        seen.add((await call.open("/api/v3/depth", "symbol=BTCUSDT&limit=1")).text);
        sandbox.tick();
      }
      expect(seen.size).toBe(5);
    }));
});

describe("trades", () => {
  test("newest last, consecutive, limited", () =>
    onStage({}, async ({ call }) => {
      const trades = await rows(call, "trades", "symbol=ETHUSDT&limit=20");
      expect(trades).toHaveLength(20);
      const ids = trades.map((trade) => Number(trade["id"]));
      expect(ids).toEqual(ids.map((_, index) => (ids[0] ?? 0) + index));
      expect(Object.keys(trades[0] ?? {})).toEqual([
        "id",
        "price",
        "qty",
        "quoteQty",
        "time",
        "isBuyerMaker",
        "isBestMatch",
      ]);
      expect(await rows(call, "trades", "symbol=ETHUSDT")).toHaveLength(500);
      expect(await rows(call, "trades", "symbol=ETHUSDT&limit=5000")).toHaveLength(1_000);
    }));

  test("one's own trade is among them", () =>
    onStage({}, async ({ call }) => {
      const placed = (await call.order("symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.01")).json();
      const [last] = await rows(call, "trades", "symbol=BTCUSDT&limit=1");
      expect(placed).toMatchObject({ fills: [{ tradeId: last?.["id"], price: last?.["price"] }] });
      expect(last).toMatchObject({ qty: "0.01000000", isBuyerMaker: true, time: noonMs });
    }));
});

describe("klines", () => {
  type Row = [number, string, string, string, string, string, number, string, number, string, string, string];
  const klines = async (call: Caller, query: string): Promise<Row[]> =>
    (await call.open("/api/v3/klines", `symbol=BTCUSDT&${query}`)).json() as Row[];

  test("twelve hours of minutes without a gap", () =>
    onStage({}, async ({ call }) => {
      const minutes = await klines(call, "interval=1m&limit=1000");
      expect(minutes.length).toBeGreaterThanOrEqual(720);
      for (const [index, row] of minutes.entries()) {
        expect(row[0]).toBe((minutes[0]?.[0] ?? 0) + index * minuteMs);
        expect(row[6]).toBe(row[0] + minuteMs - 1);
        const [open, high, low, close] = row.slice(1, 5).map(Number);
        expect(Math.max(open ?? 0, close ?? 0)).toBeLessThanOrEqual(high ?? 0);
        expect(Math.min(open ?? 0, close ?? 0)).toBeGreaterThanOrEqual(low ?? 0);
      }
    }));

  test("an hour is what its minutes add up to", () =>
    onStage({}, async ({ call }) => {
      const [hour] = await klines(call, `interval=1h&startTime=${noonMs - 3 * 60 * minuteMs}&limit=1`);
      const minutes = await klines(call, `interval=1m&startTime=${noonMs - 3 * 60 * minuteMs}&limit=60`);
      expect(hour?.[1]).toBe(minutes[0]?.[1]);
      expect(hour?.[4]).toBe(minutes[59]?.[4]);
      expect(Number(hour?.[2])).toBe(Math.max(...minutes.map((row) => Number(row[2]))));
      expect(Number(hour?.[3])).toBe(Math.min(...minutes.map((row) => Number(row[3]))));
      expect(hour?.[8]).toBe(minutes.reduce((sum, row) => sum + row[8], 0));
      expect(Number(hour?.[5])).toBeCloseTo(
        minutes.reduce((sum, row) => sum + Number(row[5]), 0),
        6,
      );
    }));

  test.each([
    ["1s", 1_000],
    ["3m", 3 * minuteMs],
    ["4h", 240 * minuteMs],
    ["1d", 1_440 * minuteMs],
    ["3d", 3 * 1_440 * minuteMs],
  ])("%s candles begin on their grid", (interval, lengthMs) =>
    onStage({}, async ({ call }) => {
      const candles = await klines(call, `interval=${interval}`);
      expect(candles.length).toBeGreaterThan(0);
      for (const row of candles) {
        expect(row[0] % lengthMs).toBe(0);
        expect(row[6]).toBe(row[0] + lengthMs - 1);
      }
    }),
  );

  test("weeks begin on Monday, months on the first, days where the time zone says", () =>
    onStage({}, async ({ call }) => {
      // 1 June 2026 is a Monday.
      const june = Date.UTC(2026, 5, 1);
      expect((await klines(call, "interval=1w")).at(-1)?.slice(0, 1)).toEqual([june]);
      const month = (await klines(call, "interval=1M")).at(-1);
      expect([month?.[0], month?.[6]]).toEqual([june, Date.UTC(2026, 6, 1) - 1]);
      const day = (await klines(call, "interval=1d&timeZone=8")).at(-1);
      expect(day?.[0]).toBe(june - 8 * 60 * minuteMs);
      const west = (await klines(call, "interval=1d&timeZone=-05:30")).at(-1);
      expect(west?.[0]).toBe(june + 5.5 * 60 * minuteMs);
    }));

  test("quiet minutes are flat", () =>
    onStage({}, async ({ sandbox, call, clock }) => {
      clock.advance(5 * minuteMs);
      sandbox.tick(20);
      const [flat] = await klines(call, `interval=1m&startTime=${noonMs + 2 * minuteMs}&limit=1`);
      expect(flat?.[5]).toBe("0.00000000");
      expect(new Set(flat?.slice(1, 5)).size).toBe(1);
    }));

  test("times in microseconds end on the last microsecond", () =>
    onStage({}, async ({ sandbox, call }) => {
      const reply = await send(sandbox, {
        path: "/api/v3/klines",
        query: "symbol=BTCUSDT&interval=1m&limit=1",
        headers: { "x-mbx-time-unit": "MICROSECOND" },
      });
      const [row] = reply.json() as Row[];
      expect(row?.[6]).toBe((row?.[0] ?? 0) + minuteMs * 1_000 - 1);
      expect((await klines(call, "interval=1m&limit=1"))[0]?.[0]).toBe((row?.[0] ?? 0) / 1_000);
    }));
});

describe("tickers", () => {
  test("one symbol is an object, several or all an array", () =>
    onStage({}, async ({ call }) => {
      for (const path of ["ticker/price", "ticker/bookTicker", "ticker/24hr"]) {
        expect(await rows(call, path, "symbol=BTCUSDT")).toMatchObject({ symbol: "BTCUSDT" });
        expect(await rows(call, path, "symbols=[%22ETHBTC%22]")).toMatchObject([{ symbol: "ETHBTC" }]);
        expect(await rows(call, path)).toHaveLength(defaultSymbols.length);
        expect(await rows(call, path, "symbolStatus=HALT")).toEqual([]);
      }
    }));

  test("price is the last trade's, bookTicker the book's best", () =>
    onStage({}, async ({ call }) => {
      const [trade] = await rows(call, "trades", "symbol=SOLUSDT&limit=1");
      expect(await rows(call, "ticker/price", "symbol=SOLUSDT")).toEqual({
        symbol: "SOLUSDT",
        price: trade?.["price"],
      });
      const book = (await call.open("/api/v3/depth", "symbol=SOLUSDT&limit=1")).json() as Record<
        string,
        string[][]
      >;
      expect(await rows(call, "ticker/bookTicker", "symbol=SOLUSDT")).toEqual({
        symbol: "SOLUSDT",
        bidPrice: book["bids"]?.[0]?.[0],
        bidQty: book["bids"]?.[0]?.[1],
        askPrice: book["asks"]?.[0]?.[0],
        askQty: book["asks"]?.[0]?.[1],
      });
    }));

  test("24 hours agree with the candles", () =>
    onStage({}, async ({ call }) => {
      const day = (await call.open("/api/v3/ticker/24hr", "symbol=BTCUSDT")).json() as Record<string, string>;
      const candles = (
        await call.open("/api/v3/klines", "symbol=BTCUSDT&interval=1m&limit=1000")
      ).json() as string[][];
      const column = (index: number): number[] => candles.map((row) => Number(row[index]));
      expect(Number(day["highPrice"])).toBe(Math.max(...column(2)));
      expect(Number(day["lowPrice"])).toBe(Math.min(...column(3)));
      expect(day["openPrice"]).toBe(candles[0]?.[1]);
      expect(day["lastPrice"]).toBe(candles.at(-1)?.[4]);
      expect(Number(day["count"])).toBe(column(8).reduce((sum, count) => sum + count, 0));
      expect(Number(day["priceChange"])).toBeCloseTo(Number(day["lastPrice"]) - Number(day["openPrice"]), 8);
      expect(day["priceChangePercent"]).toMatch(/^-?\d+\.\d{3}$/);
    }));

  test("MINI leaves out what FULL has more", () =>
    onStage({}, async ({ call }) => {
      const keys = async (type: string) =>
        Object.keys((await call.open("/api/v3/ticker/24hr", `symbol=BTCUSDT&type=${type}`)).json() as object);
      const full = await keys("FULL");
      const mini = await keys("MINI");
      const more = ["priceChange", "priceChangePercent", "weightedAvgPrice", "prevClosePrice", "lastQty"];
      const best = ["bidPrice", "bidQty", "askPrice", "askQty"];
      expect(full.filter((key) => !mini.includes(key)).toSorted()).toEqual([...more, ...best].toSorted());
    }));

  test("an exchange where nothing ever traded answers zeros", () =>
    onStage({ marketMakers: false }, async ({ call }) => {
      expect(await rows(call, "ticker/price", "symbol=BTCUSDT")).toEqual({
        symbol: "BTCUSDT",
        price: "0.00000000",
      });
      expect(await rows(call, "ticker/24hr", "symbol=BTCUSDT")).toMatchObject({
        lastPrice: "0.00000000",
        priceChangePercent: "0.000",
        count: 0,
        firstId: -1,
      });
      expect(await rows(call, "klines", "symbol=BTCUSDT&interval=1m")).toEqual([]);
    }));
});

describe.each(defaultSymbols)("$symbol", ({ symbol, baseAsset, quoteAsset }) => {
  const order = (call: Caller, query: string) =>
    call.order(`symbol=${encodeURIComponent(symbol)}&type=MARKET&${query}`);

  test("fills everything the default account could ever send at once", () =>
    onStage({}, async ({ sandbox, call }) => {
      const free = (asset: string): string =>
        sandbox.balances(sandbox.accounts[0]?.uid ?? 0)[asset]?.free ?? "";
      expect((await order(call, `side=BUY&quoteOrderQty=${free(quoteAsset)}`)).json()).toMatchObject({
        status: "FILLED",
      });
      sandbox.tick();
      const all = Math.floor(Number(free(baseAsset)));
      expect((await order(call, `side=SELL&quantity=${all}`)).json()).toMatchObject({ status: "FILLED" });
    }));
});

test("the same seed and clock give the same market, another seed another", async () => {
  const look = (seed: number): Promise<string> =>
    onStage({ seed }, async ({ sandbox, call }) => {
      sandbox.tick(10);
      const placed = await call.order("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01");
      const book = await call.open("/api/v3/depth", "symbol=BTCUSDT");
      const day = await call.open("/api/v3/ticker/24hr");
      return placed.text + book.text + day.text;
    });
  expect(await look(5)).toBe(await look(5));
  expect(await look(5)).not.toBe(await look(6));
});
