/**
 * Stock clients, unmodified, through Countersign: the very scripts that ran against the exchange alone, with keys that
 * the exchange never heard of, and the same facts, shapes and errors.
 */
import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startHouse } from "../house.ts";
import type { House, KeyWish } from "../house.ts";
import { binanceSpotClient } from "./clients/binance-spot.ts";
import { ccxtClient } from "./clients/ccxt.ts";
import { nodeBinanceApiClient } from "./clients/node-binance-api.ts";
import { pemOf } from "./clients/story.ts";
import type { Algorithm, StockClient, StoryTarget } from "./clients/story.ts";

const clients: readonly StockClient[] = [ccxtClient, binanceSpotClient, nodeBinanceApiClient];

async function issue(algorithm: Algorithm, wish: KeyWish = {}): Promise<StoryTarget> {
  const base = { baseUrl: house.url };
  if (algorithm === "HMAC") return { ...base, algorithm, ...(await house.issue(wish)) };
  const { publicKey, privateKey } =
    algorithm === "RSA"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : generateKeyPairSync("ed25519");
  const publicKeyPem = publicKey.export({ type: "spki", format: "pem" });
  const { apiKey } = await house.issue({ ...wish, algorithm, publicKeyPem });
  return { ...base, algorithm, apiKey, privateKeyPem: pemOf(privateKey) };
}

/** The same client with the same kind of key, straight at the exchange. */
function directTarget(algorithm: Algorithm, trade = true): StoryTarget {
  const spec = { permissions: { trade } };
  const base = { baseUrl: house.sandbox.url };
  if (algorithm === "HMAC") {
    const { apiKey, secret = "" } = house.sandbox.addKey(house.uid, spec);
    return { ...base, algorithm, apiKey, apiSecret: secret };
  }
  const { publicKey, privateKey } =
    algorithm === "RSA"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : generateKeyPairSync("ed25519");
  const publicKeyPem = publicKey.export({ type: "spki", format: "pem" });
  const { apiKey } = house.sandbox.addKey(house.uid, { ...spec, algorithm, publicKeyPem });
  return { ...base, algorithm, apiKey, privateKeyPem: pemOf(privateKey) };
}

let house: House;
beforeAll(async () => {
  house = await startHouse();
});
afterAll(() => house.close());

describe.each(clients)("$name", (client) => {
  test.each(client.algorithms)(
    "tells the same story with %s as at the exchange itself",
    async (algorithm) => {
      const orders = (): number => house.sandbox.orders(house.uid).length;
      const before = orders();
      const through = await client.story(await issue(algorithm));
      expect(orders()).toBe(before + 2);
      const direct = await client.story(directTarget(algorithm));
      expect(through).toEqual(direct);
    },
  );

  test.each(client.algorithms)("meets each refusal as at the exchange itself, with %s", async (algorithm) => {
    house.sandbox.journal.clear();
    const readOnly = await issue(algorithm, { permissions: ["enableReading"] });
    const through = await client.probes(await issue(algorithm), readOnly);
    expect(house.sandbox.journal.entries().filter(({ headers }) => headers.apiKey !== undefined)).toEqual([]);
    const direct = await client.probes(directTarget(algorithm), directTarget(algorithm, false));
    const told = (results: typeof direct) =>
      results.map(({ probe, code, error }) => ({ probe, code, error }));
    expect(told(through)).toEqual(told(direct));
    expect(through).toHaveLength(4);
  });
});

test("the exchange sees the venue key and our user agent, never a client's key, id or header", async () => {
  house.sandbox.journal.clear();
  const keys = [];
  for (const client of clients) {
    const target = await issue("HMAC");
    keys.push(target.apiKey);
    await client.story(target);
  }
  const seen = house.sandbox.journal.entries();
  expect(seen.length).toBeGreaterThan(10);
  for (const key of keys) expect(JSON.stringify(seen)).not.toContain(key);
  const signed = seen.filter(({ target, body }) => `${target}${body}`.includes("signature="));
  const venueKeys = new Set(signed.map(({ headers }) => headers.apiKey));
  expect([...venueKeys]).toEqual([house.server.venueKeys.list()[0]?.apiKey]);
  expect(new Set(seen.map(({ headers }) => headers.userAgent))).toEqual(new Set(["countersign"]));
});
