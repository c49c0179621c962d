// node-binance-api against any base URL. Unmodified client, ordinary options. Its RSA POST percent-encodes the
// signature twice and cannot work anywhere, so it tells no story with RSA.

import Binance from "node-binance-api";
import {
  failureOf,
  limitQuantity,
  marketQuantity,
  quietPrice,
  staleMs,
  storySymbol as symbol,
  Telling,
  withUnknownKey,
  withWrongSecret,
  type ProbeKind,
  type ProbeResult,
  type StockClient,
  type StoryResult,
  type StoryTarget,
} from "./story.ts";

function open(target: StoryTarget): Binance {
  const secret =
    target.algorithm === "HMAC" ? { APISECRET: target.apiSecret } : { PRIVATEKEY: target.privateKeyPem };
  return new Binance({
    APIKEY: target.apiKey,
    ...secret,
    urls: { base: `${target.baseUrl}/api/`, sapi: `${target.baseUrl}/sapi/` },
  });
}

async function story(target: StoryTarget): Promise<StoryResult> {
  const telling = new Telling("node-binance-api");
  const client = open(target);
  const time = await client.time();
  telling.tell("time", { known: Number(time.serverTime) > 0 }, time);
  const info = await client.exchangeInfo();
  const listed = info.symbols.some((row: { symbol: string }) => row.symbol === symbol);
  telling.tell("exchangeInfo", { listed }, info.timezone);
  const account = await client.account();
  const funds = account.balances.find((row: { asset: string }) => row.asset === "USDT");
  telling.tell("account", { funded: Number(funds?.free) > 0 }, funds);

  const book = await client.bookTickers(symbol);
  const price = quietPrice(Number(book[symbol]?.bidPrice ?? book.bidPrice));
  const limit = await client.limitOrder("BUY", symbol, limitQuantity, price);
  telling.tell("limit order", { status: limit.status, filled: Number(limit.executedQty) }, limit);
  const queried = await client.orderStatus(symbol, limit.orderId);
  telling.tell("query", { status: String(queried.status), same: queried.orderId === limit.orderId }, queried);
  const openOrders = await client.openOrders(symbol);
  const among = openOrders.some((order: { orderId: number }) => order.orderId === limit.orderId);
  telling.tell("open orders", { listed: among }, openOrders);
  const canceled = await client.cancel(symbol, limit.orderId);
  telling.tell("cancel", { status: canceled.status }, canceled);
  const after = await client.orderStatus(symbol, limit.orderId);
  telling.tell("query canceled", { status: String(after.status) }, after);

  const market = await client.marketBuy(symbol, marketQuantity);
  telling.tell("market order", { status: market.status, filled: Number(market.executedQty) }, market);
  const trades = await client.myTrades(symbol);
  const own = trades.filter((trade: { orderId: number }) => trade.orderId === market.orderId);
  const bought = own.reduce((sum: number, trade: { qty: string }) => sum + Number(trade.qty), 0);
  telling.tell("my trades", { bought, buyer: own[0]?.isBuyer === true }, own);
  return telling.result();
}

/** This client throws an Error whose message is the raw body. */
async function probe(kind: ProbeKind, run: () => Promise<unknown>): Promise<ProbeResult> {
  const thrown = await failureOf(run);
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const body = JSON.parse(text) as { code?: number };
  return {
    probe: kind,
    error: thrown instanceof Error ? thrown.constructor.name : typeof thrown,
    code: body.code,
    text,
  };
}

async function probes(target: StoryTarget, readOnly: StoryTarget): Promise<readonly ProbeResult[]> {
  const stale = open(target);
  stale.timeOffset = -staleMs;
  return [
    await probe("wrong-signature", () => open(withWrongSecret(target)).account()),
    await probe("stale-clock", () => stale.account()),
    await probe("unknown-key", () => open(withUnknownKey(target)).account()),
    await probe("missing-permission", () => open(readOnly).marketBuy(symbol, marketQuantity)),
  ];
}

export const nodeBinanceApiClient: StockClient = {
  name: "node-binance-api",
  algorithms: ["HMAC", "ED25519"],
  story,
  probes,
};
