/** Public endpoints: open to everyone, with or without a key header, and to nobody with a signature. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { endpoints } from "../../apps/server/src/gateway/endpoints.ts";
import { startHouse } from "../house.ts";
import type { House } from "../house.ts";
import { botOf, manualClock, seenBy } from "./bot.ts";
import type { Bot } from "./bot.ts";
import { expectRefused } from "./expected.ts";
import { ask } from "./raw-client.ts";
import { requestText } from "./requests.ts";

const clock = manualClock();
let house: House;
let bot: Bot;

beforeAll(async () => {
  house = await startHouse({ clock });
  bot = await botOf(house, clock);
});
afterAll(async () => {
  await house.close();
});
beforeEach(() => house.sandbox.journal.clear());

const queries: Readonly<Record<string, string>> = {
  "/api/v3/depth": "symbol=BTCUSDT",
  "/api/v3/trades": "symbol=BTCUSDT",
  "/api/v3/klines": "symbol=BTCUSDT&interval=1m&limit=2&timeZone=%2B3:00",
  "/api/v3/exchangeInfo": "symbols=[%22BTCUSDT%22]",
  "/api/v3/ticker/24hr": 'symbols=["BTCUSDT","ETHUSDT"]&type=MINI',
};
const rows = endpoints
  .filter(({ security, service }) => security === "NONE" && service !== undefined)
  .map(({ path }) => path);

test.each(rows)("GET %s without a key, with one, with an empty one, with a strange one", async (path) => {
  const query = queries[path];
  const lines = [[], [bot.keyLine], ["X-MBX-APIKEY:"], ["X-MBX-APIKEY: nobody"]];
  const bodies: string[] = [];
  for (const headers of lines) {
    const answer = await ask(
      house.url,
      requestText({ path, headers, ...(query !== undefined && { query }) }),
    );
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("application/json;charset=UTF-8");
    bodies.push(answer.body);
  }
  expect(new Set(bodies).size).toBe(1);
  const forwarded = path === "/api/v3/time" ? 0 : lines.length;
  expect(seenBy(house)).toEqual(Array.from({ length: forwarded }, () => `GET ${path}`));
  expect(house.sandbox.journal.entries().map(({ headers }) => headers.apiKey)).toEqual(
    Array.from({ length: forwarded }, () => undefined),
  );
});

test.each(rows)("GET %s with a signature, or a time", async (path) => {
  const query = queries[path];
  const start = query === undefined ? "" : `${query}&`;
  const known = query === undefined ? 0 : query.split("&").length;
  for (const [more, count] of [
    [`signature=${"0".repeat(64)}`, 1],
    [`timestamp=${clock.wallMs()}`, 1],
    [bot.signed("recvWindow=5000"), 3],
  ] as const) {
    const bytes = requestText({ path, query: start + more, headers: [bot.keyLine] });
    expectRefused(await ask(house.url, bytes), "parameter-unknown", known, known + count);
  }
  expect(seenBy(house)).toEqual([]);
});

test("a signed endpoint without signature, time and key says first what is missing", async () => {
  const bytes = (query: string, headers: string[] = []): string =>
    requestText({ path: "/api/v3/account", query, headers });
  expectRefused(await ask(house.url, bytes("")), "parameter-missing", "signature");
  expectRefused(await ask(house.url, bytes(`signature=${"0".repeat(64)}`)), "parameter-missing", "timestamp");
  expectRefused(await ask(house.url, bytes(`timestamp=1&signature=${"0".repeat(64)}`)), "key-format");
  expectRefused(
    await ask(house.url, bytes(`timestamp=1&signature=${"0".repeat(64)}`, [bot.keyLine])),
    "signature-wrong",
  );
  expect(seenBy(house)).toEqual([]);
});
