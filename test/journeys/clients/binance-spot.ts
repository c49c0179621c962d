// Binance's own JavaScript connector, @binance/spot, against any base URL. Unmodified client, ordinary options.

import { Spot, SpotRestAPI } from "@binance/spot";
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

// The default of one second would make a busy machine look like a broken exchange.
const timeoutMs = 10_000;

type Rest = Spot["restAPI"];

function open(target: StoryTarget): Rest {
  const secret =
    target.algorithm === "HMAC" ? { apiSecret: target.apiSecret } : { privateKey: target.privateKeyPem };
  const spot = new Spot({
    configurationRestAPI: { apiKey: target.apiKey, basePath: target.baseUrl, timeout: timeoutMs, ...secret },
  });
  return spot.restAPI;
}

async function story(target: StoryTarget): Promise<StoryResult> {
  const telling = new Telling("@binance/spot");
  const rest = open(target);
  const time = await (await rest.time()).data();
  telling.tell("time", { known: Number(time.serverTime) > 0 }, time);
  const info = await (await rest.exchangeInfo({ symbol })).data();
  telling.tell("exchangeInfo", { symbol: String(info.symbols?.[0]?.symbol) }, info.symbols?.[0]?.status);
  const account = await (await rest.getAccount()).data();
  const funds = account.balances?.find((balance) => balance.asset === "USDT");
  telling.tell("account", { funded: Number(funds?.free) > 0 }, funds);

  const book = await (await rest.depth({ symbol, limit: 5 })).data();
  const price = quietPrice(Number(book.bids?.[0]?.[0]));
  const limit = await (
    await rest.newOrder({
      symbol,
      side: SpotRestAPI.NewOrderSideEnum.BUY,
      type: SpotRestAPI.NewOrderTypeEnum.LIMIT,
      timeInForce: SpotRestAPI.NewOrderTimeInForceEnum.GTC,
      quantity: limitQuantity,
      price,
    })
  ).data();
  telling.tell("limit order", { status: String(limit.status), filled: Number(limit.executedQty) }, limit);
  const orderId = limit.orderId ?? 0;
  const queried = await (await rest.getOrder({ symbol, orderId })).data();
  telling.tell("query", { status: String(queried.status), same: queried.orderId === orderId }, queried);
  const openOrders = await (await rest.getOpenOrders({ symbol })).data();
  telling.tell("open orders", { listed: openOrders.some((order) => order.orderId === orderId) }, openOrders);
  const canceled = await (await rest.deleteOrder({ symbol, orderId })).data();
  telling.tell("cancel", { status: String(canceled.status) }, canceled);
  const after = await (await rest.getOrder({ symbol, orderId })).data();
  telling.tell("query canceled", { status: String(after.status) }, after);

  const market = await (
    await rest.newOrder({
      symbol,
      side: SpotRestAPI.NewOrderSideEnum.BUY,
      type: SpotRestAPI.NewOrderTypeEnum.MARKET,
      quantity: marketQuantity,
    })
  ).data();
  telling.tell("market order", { status: String(market.status), filled: Number(market.executedQty) }, market);
  const trades = await (await rest.myTrades({ symbol })).data();
  const own = trades.filter((trade) => trade.orderId === market.orderId);
  const bought = own.reduce((sum, trade) => sum + Number(trade.qty), 0);
  telling.tell("my trades", { bought, buyer: own[0]?.isBuyer === true }, own);
  return telling.result();
}

async function probe(kind: ProbeKind, run: () => Promise<unknown>): Promise<ProbeResult> {
  const thrown = await failureOf(run);
  const { code } = thrown as { code?: unknown };
  return {
    probe: kind,
    error: thrown instanceof Error ? thrown.constructor.name : typeof thrown,
    code: typeof code === "number" ? code : undefined,
    text: thrown instanceof Error ? thrown.message : String(thrown),
  };
}

/**
 * This client has no setting for its clock, so the process clock is put back while it stamps the request. Stamping
 * happens before any answer can arrive, hence the clock is right again for whoever serves in the same process.
 */
async function withStaleClock(run: () => Promise<unknown>): Promise<unknown> {
  const truth = Date.now;
  Date.now = () => truth.call(Date) - staleMs;
  try {
    const running = run();
    // Already refused or not, the outcome is awaited below.
    running.catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    Date.now = truth;
    return await running;
  } finally {
    Date.now = truth;
  }
}

async function probes(target: StoryTarget, readOnly: StoryTarget): Promise<readonly ProbeResult[]> {
  return [
    await probe("wrong-signature", () => open(withWrongSecret(target)).getAccount()),
    await probe("stale-clock", () => withStaleClock(() => open(target).getAccount())),
    await probe("unknown-key", () => open(withUnknownKey(target)).getAccount()),
    await probe("missing-permission", () =>
      open(readOnly).newOrder({
        symbol,
        side: SpotRestAPI.NewOrderSideEnum.BUY,
        type: SpotRestAPI.NewOrderTypeEnum.MARKET,
        quantity: marketQuantity,
      }),
    ),
  ];
}

export const binanceSpotClient: StockClient = {
  name: "@binance/spot",
  algorithms: ["HMAC", "ED25519", "RSA"],
  story,
  probes,
};
