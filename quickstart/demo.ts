/**
 * `npm run demo`: the story in a few seconds. Every line is printed after the thing truly happened; the first one that
 * did not ends the demo with exit code 1.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { importSigner, signRest } from "@countersign/signing";
import ccxt from "ccxt";
import { startStack } from "./stack.ts";
import type { Stack } from "./stack.ts";

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly code: number | undefined;
}

function must(truth: boolean, what: string, seen: unknown): void {
  if (!truth) throw new Error(`${what}; seen: ${JSON.stringify(seen)}`);
}

function told(line: string, detail = ""): void {
  process.stdout.write(`  ✓ ${line}${detail === "" ? "" : `\n      ${detail}`}\n`);
}

/** Sends exactly these bytes. */
async function send(options: {
  url: string;
  method: string;
  path: string;
  text: string;
  apiKey: string;
}): Promise<Reply> {
  const { url, method, path, text, apiKey } = options;
  const response = await fetch(`${url}${path}?${text}`, { method, headers: { "X-MBX-APIKEY": apiKey } });
  const body = await response.text();
  const value = JSON.parse(body) as { code?: number };
  return { status: response.status, text: body, code: value.code };
}

async function signedText(secret: string, params: [string, string][]): Promise<string> {
  const signer = await importSigner({ algorithm: "HMAC", secret });
  return signRest([...params, ["timestamp", String(Date.now())]], signer);
}

/** What the exchange itself says was ordered, asked with the real key. */
async function ordersAtExchange({ sandbox }: Stack): Promise<{ clientOrderId: string; status: string }[]> {
  const text = await signedText(sandbox.apiSecret, [["symbol", "BTCUSDT"]]);
  const request = { method: "GET", path: "/api/v3/allOrders", text, apiKey: sandbox.apiKey };
  const reply = await send({ url: sandbox.baseUrl, ...request });
  must(reply.status === 200, "the exchange lists its orders", reply);
  return JSON.parse(reply.text) as { clientOrderId: string; status: string }[];
}

/** Far enough below the market to rest, near enough for the exchange's price filter. */
async function restingPrice({ sandbox }: Stack): Promise<number> {
  const response = await fetch(`${sandbox.baseUrl}/api/v3/ticker/price?symbol=BTCUSDT`);
  const { price } = (await response.json()) as { price: string };
  return Math.floor(Number(price) * 0.8);
}

const limitOrder = (id: string, price: number): [string, string][] => [
  ["symbol", "BTCUSDT"],
  ["side", "BUY"],
  ["type", "LIMIT"],
  ["timeInForce", "GTC"],
  ["quantity", "0.001"],
  ["price", String(price)],
  ["newClientOrderId", id],
];

async function realClientTrades(stack: Stack): Promise<void> {
  const { apiKey, apiSecret: secret, baseUrl } = stack;
  const options = {
    defaultType: "spot",
    fetchMarkets: { types: ["spot"] },
    fetchMargins: false,
    fetchCurrencies: false,
  };
  const exchange = new ccxt.binance({ apiKey, secret, options });
  const api = exchange.urls["api"] as Record<string, string>;
  api["public"] = api["private"] = `${baseUrl}/api/v3`;
  const bought = await exchange.createOrder("BTC/USDT", "market", "buy", 0.001);
  must(bought.status === "closed" && bought.filled === 0.001, "the market order fills", bought);
  const resting = await exchange.createOrder("BTC/USDT", "limit", "buy", 0.001, await restingPrice(stack));
  const open = await exchange.fetchOpenOrders("BTC/USDT");
  must(
    open.some(({ id }) => id === resting.id),
    "the limit order rests",
    open,
  );
  const cancelled = await exchange.cancelOrder(String(resting.id), "BTC/USDT");
  must(cancelled.status === "canceled", "the limit order is cancelled", cancelled);
  told(
    "an unmodified ccxt trades with a key that Countersign made",
    `bought 0.001 BTC at ${String(bought.average)}`,
  );
}

/** Sends what must be refused, with this code, and makes sure that the exchange has no order more than before. */
async function mustBeRefused(stack: Stack, text: string, code: number): Promise<Reply> {
  const before = (await ordersAtExchange(stack)).length;
  const request = { url: stack.baseUrl, method: "POST", path: "/api/v3/order", text, apiKey: stack.apiKey };
  const reply = await send(request);
  must(reply.status >= 400 && reply.code === code, `refused with ${code}`, reply);
  const after = (await ordersAtExchange(stack)).length;
  must(after === before, "nothing reached the exchange", { before, after });
  return reply;
}

async function tamperingIsRefused(stack: Stack): Promise<void> {
  const signed = await signedText(stack.apiSecret, limitOrder("demo-tampered", await restingPrice(stack)));
  const text = signed.replace("quantity=0.001", "quantity=1.001");
  must(text !== signed, "the request was changed", text);
  const reply = await mustBeRefused(stack, text, -1022);
  told("one changed digit is refused, and nothing reaches the exchange", reply.text);
}

async function replayHasOneEffect(stack: Stack): Promise<void> {
  const text = await signedText(stack.apiSecret, limitOrder("demo-replay", await restingPrice(stack)));
  const request = { url: stack.baseUrl, method: "POST", path: "/api/v3/order", text, apiKey: stack.apiKey };
  const first = await send(request);
  const again = await send(request);
  must(first.status === 200 && again.status === 200 && first.text === again.text, "the same answer", {
    first,
    again,
  });
  const placed = (await ordersAtExchange(stack)).filter(
    ({ clientOrderId }) => clientOrderId === "demo-replay",
  );
  must(placed.length === 1, "one order at the exchange", placed);
  const elsewhere = await send({ ...request, path: "/api/v3/order/test" });
  must(elsewhere.status === 400, "the payload serves nothing else", elsewhere);
  told("the same signed order sent twice: one order, the same answer; on another endpoint: refused");
}

async function exchangeNeverHeardOfTheKey(stack: Stack): Promise<void> {
  const text = await signedText(stack.apiSecret, []);
  const request = { method: "GET", path: "/api/v3/account", text, apiKey: stack.apiKey };
  const direct = await send({ url: stack.sandbox.baseUrl, ...request });
  must(direct.status === 401 && direct.code === -2015, "the exchange refuses the bot's key", direct);
  told("sent to the exchange itself, the bot's key is worth nothing", direct.text);
}

/** Every file of the data folder that holds rows or their log. */
function databaseBytes({ dataDir }: Stack): { files: string[]; bytes: Buffer } {
  const files = readdirSync(dataDir).filter((name) => /\.db(-wal|-shm|-journal)?$/.test(name));
  return { files, bytes: Buffer.concat(files.map((name) => readFileSync(join(dataDir, name)))) };
}

function databaseCannotSign(stack: Stack): void {
  const { files, bytes } = databaseBytes(stack);
  must(bytes.length > 0 && bytes.includes(stack.apiKey), "the database was read", files);
  for (const secret of [stack.apiSecret, stack.sandbox.apiSecret]) {
    const raw = Buffer.from(secret);
    const spellings = [
      raw,
      Buffer.from(raw.toString("hex")),
      Buffer.from(raw.toString("base64").replace(/=+$/, "")),
    ];
    must(!spellings.some((each) => bytes.includes(each)), "no secret in the database", files);
  }
  told("nothing that signs is in the database", `${files.join(", ")}: ${bytes.length} bytes looked through`);
}

async function revokedStopsAtOnce(stack: Stack): Promise<void> {
  await stack.cli(["client-key", "revoke", stack.apiKey, "--yes"]);
  const text = await signedText(stack.apiSecret, limitOrder("demo-revoked", await restingPrice(stack)));
  const reply = await mustBeRefused(stack, text, -2015);
  told("a revoked key stops at once", reply.text);
}

async function main(): Promise<void> {
  process.stdout.write("\nCountersign, in front of a sandbox exchange\n\n");
  const stack = await startStack();
  try {
    await realClientTrades(stack);
    await tamperingIsRefused(stack);
    await replayHasOneEffect(stack);
    await exchangeNeverHeardOfTheKey(stack);
    databaseCannotSign(stack);
    await revokedStopsAtOnce(stack);
    process.stdout.write("\nAll of it happened. Try it yourself: npm start\n\n");
  } finally {
    await stack.close();
  }
}

await main().catch((error: unknown) => {
  process.stdout.write(`  ✗ ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
