// ccxt's Binance class, restricted to spot, against any base URL. Unmodified client, ordinary options.

import ccxt from "ccxt";
import {
  failureOf,
  limitQuantity,
  marketQuantity,
  quietPrice,
  secretOf,
  staleMs,
  Telling,
  withUnknownKey,
  withWrongSecret,
  type ProbeKind,
  type ProbeResult,
  type StockClient,
  type StoryResult,
  type StoryTarget,
} from "./story.ts";

const symbol = "BTC/USDT";

type Binance = InstanceType<typeof ccxt.binance>;

function open(target: StoryTarget, options: Record<string, unknown> = {}): Binance {
  const client = new ccxt.binance({
    apiKey: target.apiKey,
    secret: secretOf(target),
    options: {
      defaultType: "spot",
      fetchMarkets: { types: ["spot"] },
      fetchMargins: false,
      fetchCurrencies: false,
      ...options,
    },
  });
  // Every URL, so that no hidden call can leave for the real exchange.
  const api = client.urls.api as Record<string, string>;
  for (const name of Object.keys(api)) api[name] = `${target.baseUrl}/outside-of-spot`;
  api["public"] = `${target.baseUrl}/api/v3`;
  api["private"] = `${target.baseUrl}/api/v3`;
  api["v1"] = `${target.baseUrl}/api/v1`;
  api["sapi"] = `${target.baseUrl}/sapi/v1`;
  return client;
}

async function story(target: StoryTarget): Promise<StoryResult> {
  const telling = new Telling("ccxt");
  const client = open(target);
  try {
    const time = await client.fetchTime();
    telling.tell("time", { known: typeof time === "number" && time > 0 }, time);
    const markets = await client.loadMarkets();
    telling.tell("exchangeInfo", { spot: markets[symbol]?.spot === true }, markets[symbol]?.precision);
    const before = await client.fetchBalance();
    telling.tell("account", { funded: Number(before["USDT"]?.free) > 0 }, before["USDT"]);

    const book = await client.fetchOrderBook(symbol, 5);
    const price = quietPrice(Number(book.bids[0]?.[0]));
    const limit = await client.createOrder(symbol, "limit", "buy", limitQuantity, price);
    telling.tell("limit order", { status: String(limit.status), filled: Number(limit.filled) }, limit);
    const id = String(limit.id);
    const queried = await client.fetchOrder(id, symbol);
    telling.tell("query", { status: String(queried.status), same: queried.id === id }, queried);
    const openOrders = await client.fetchOpenOrders(symbol);
    telling.tell("open orders", { listed: openOrders.some((order) => order.id === id) }, openOrders);
    const canceled = await client.cancelOrder(id, symbol);
    telling.tell("cancel", { status: String(canceled.status) }, canceled);
    const after = await client.fetchOrder(id, symbol);
    telling.tell("query canceled", { status: String(after.status) }, after);

    const market = await client.createOrder(symbol, "market", "buy", marketQuantity);
    telling.tell("market order", { status: String(market.status), filled: Number(market.filled) }, market);
    const trades = await client.fetchMyTrades(symbol);
    const own = trades.filter((trade) => trade.order === market.id);
    const bought = own.reduce((sum, trade) => sum + (trade.amount ?? 0), 0);
    telling.tell("my trades", { bought, side: String(own[0]?.side) }, own);
    return telling.result();
  } finally {
    await client.close();
  }
}

async function probe(kind: ProbeKind, run: () => Promise<unknown>): Promise<ProbeResult> {
  const thrown = await failureOf(run);
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const code = /"code":(-?\d+)/.exec(text)?.[1];
  return {
    probe: kind,
    error: thrown instanceof Error ? thrown.constructor.name : typeof thrown,
    code: code === undefined ? undefined : Number(code),
    text,
  };
}

async function probes(target: StoryTarget, readOnly: StoryTarget): Promise<readonly ProbeResult[]> {
  const balance =
    (whose: StoryTarget, options = {}) =>
    () =>
      open(whose, options).fetchBalance();
  return [
    await probe("wrong-signature", balance(withWrongSecret(target))),
    await probe("stale-clock", balance(target, { timeDifference: staleMs })),
    await probe("unknown-key", balance(withUnknownKey(target))),
    await probe("missing-permission", () =>
      open(readOnly).createOrder(symbol, "market", "buy", marketQuantity),
    ),
  ];
}

export const ccxtClient: StockClient = {
  name: "ccxt",
  algorithms: ["HMAC", "ED25519", "RSA"],
  story,
  probes,
};
