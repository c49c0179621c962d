// Stock clients straight against the sandbox: the examiner is examined before it judges anything else.

import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { startSandbox, type KeySpec, type Sandbox } from "../../apps/sandbox/src/index.ts";
import { binanceSpotClient } from "./clients/binance-spot.ts";
import { ccxtClient } from "./clients/ccxt.ts";
import { nodeBinanceApiClient } from "./clients/node-binance-api.ts";
import { pemOf, type Algorithm, type StockClient, type StoryTarget } from "./clients/story.ts";

const clients: readonly StockClient[] = [ccxtClient, binanceSpotClient, nodeBinanceApiClient];

/** A key at the sandbox and the credentials that go with it. */
function issue(sandbox: Sandbox, algorithm: Algorithm, spec: KeySpec = {}): StoryTarget {
  const uid = sandbox.accounts[0]?.uid ?? 0;
  const base = { baseUrl: sandbox.url };
  if (algorithm === "HMAC") {
    const { apiKey, secret = "" } = sandbox.addKey(uid, spec);
    return { ...base, algorithm, apiKey, apiSecret: secret };
  }
  const { publicKey, privateKey } =
    algorithm === "RSA"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : generateKeyPairSync("ed25519");
  const publicKeyPem = publicKey.export({ type: "spki", format: "pem" });
  const { apiKey } = sandbox.addKey(uid, { ...spec, algorithm, publicKeyPem });
  return { ...base, algorithm, apiKey, privateKeyPem: pemOf(privateKey) };
}

async function withSandbox<Result>(run: (sandbox: Sandbox) => Promise<Result>): Promise<Result> {
  const sandbox = await startSandbox({ tickMs: undefined });
  try {
    return await run(sandbox);
  } finally {
    await sandbox.close();
  }
}

/** Every step's facts, by step. */
const factsOf = async (client: StockClient, target: StoryTarget) =>
  Object.fromEntries((await client.story(target)).steps.map(({ step, facts }) => [step, facts]));

// ccxt has its own words for Binance's statuses.
const words = (client: StockClient) =>
  client === ccxtClient
    ? { fresh: "open", canceled: "canceled", filled: "closed" }
    : { fresh: "NEW", canceled: "CANCELED", filled: "FILLED" };

describe.each(clients)("$name", (client) => {
  test.each(client.algorithms)("tells the whole story with %s", async (algorithm) => {
    await withSandbox(async (sandbox) => {
      const facts = await factsOf(client, issue(sandbox, algorithm));
      const { fresh, canceled, filled } = words(client);
      expect(facts).toMatchObject({
        time: { known: true },
        account: { funded: true },
        "limit order": { status: fresh, filled: 0 },
        query: { status: fresh, same: true },
        "open orders": { listed: true },
        cancel: { status: canceled },
        "query canceled": { status: canceled },
        "market order": { status: filled, filled: 0.002 },
        "my trades": { bought: 0.002 },
      });
      expect(sandbox.orders(sandbox.accounts[0]?.uid ?? 0)).toHaveLength(2);
    });
  });

  test("gets answers of the same shape with every algorithm", async () => {
    const shapes = [];
    for (const algorithm of client.algorithms)
      shapes.push(await withSandbox((sandbox) => client.story(issue(sandbox, algorithm))));
    expect(shapes.length).toBeGreaterThan(1);
    for (const shape of shapes) expect(shape).toEqual(shapes[0]);
  });

  test.each(client.algorithms)("meets each refusal as its user should, with %s", async (algorithm) => {
    await withSandbox(async (sandbox) => {
      const readOnly = issue(sandbox, algorithm, { permissions: { trade: false } });
      const results = await client.probes(issue(sandbox, algorithm), readOnly);
      expect(results.map(({ probe, code, error }) => ({ probe, code, error }))).toEqual(
        refusalsOf(client).map(([probe, code, error]) => ({ probe, code, error })),
      );
      expect(sandbox.journal.entries().some((entry) => entry.outcome.executed)).toBe(false);
    });
  });
});

function refusalsOf(client: StockClient): (readonly [string, number, string])[] {
  const errors = {
    ccxt: ["AuthenticationError", "InvalidNonce", "AuthenticationError", "AuthenticationError"],
    "@binance/spot": ["BadRequestError", "BadRequestError", "UnauthorizedError", "UnauthorizedError"],
    "node-binance-api": ["Error", "Error", "Error", "Error"],
  }[client.name];
  const probes = ["wrong-signature", "stale-clock", "unknown-key", "missing-permission"];
  return probes.map((probe, index) => [
    probe,
    [-1022, -1021, -2015, -2015][index] ?? 0,
    errors?.[index] ?? "",
  ]);
}

test("node-binance-api cannot POST with RSA anywhere: its signature is percent-encoded twice", async () => {
  await withSandbox(async (sandbox) => {
    const target = issue(sandbox, "RSA");
    await expect(nodeBinanceApiClient.story(target)).rejects.toThrow(/"code":-1022/);
    const methods = sandbox.journal.entries().map(({ method, outcome }) => [method, outcome.code]);
    expect(methods.at(-1)).toEqual(["POST", -1022]);
    expect(methods.filter(([method]) => method === "GET").every(([, code]) => code === undefined)).toBe(true);
  });
});

test("no client ever leaves the base URL it was given", async () => {
  await withSandbox(async (sandbox) => {
    for (const client of clients) await client.story(issue(sandbox, "HMAC"));
    const refused = sandbox.journal.entries().filter((entry) => entry.outcome.status !== 200);
    expect(refused).toEqual([]);
  });
});
