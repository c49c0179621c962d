/** The dozen lines that point ccxt at Countersign; a test runs them as they are printed. */

/** A complete program for Node; run it in this project's folder, where ccxt is installed. */
export function ccxtSnippet({
  baseUrl,
  apiKey,
  apiSecret,
}: {
  baseUrl: string;
  apiKey: string;
  apiSecret: string;
}): string {
  return `import ccxt from "ccxt";

const exchange = new ccxt.binance({
  apiKey: "${apiKey}",
  secret: "${apiSecret}",
  options: { defaultType: "spot", fetchMarkets: { types: ["spot"] }, fetchMargins: false, fetchCurrencies: false },
});
exchange.urls.api.public = exchange.urls.api.private = "${baseUrl}/api/v3";

const order = await exchange.createOrder("BTC/USDT", "market", "buy", 0.001);
console.log(order.status, order.filled, order.symbol, "at", order.average);
`;
}
