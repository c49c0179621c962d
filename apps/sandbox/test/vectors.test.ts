// Binance's documented signatures, through a real socket, at the moment for which each was made.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { KeyStore } from "../src/auth/keys.ts";
import { signatureFits } from "../src/auth/signature.ts";
import type { KeySpec } from "../src/index.ts";
import { SeededRandom } from "../src/market/random.ts";
import { ManualClock, onStage, send, type Reply } from "./exchange-client.ts";

interface Vector {
  id: string;
  api: string;
  status: string;
  payload: string;
  signature: string;
  apiKey?: string;
  secretKey?: string;
  publicKeyPem?: string;
  query?: string;
  body?: string;
}

const file = new URL("../../../vectors/binance.json", import.meta.url);
const vectors = (JSON.parse(readFileSync(file, "utf8")) as Vector[]).filter(({ api }) => api === "REST");

const recoveredRsa = vectors.find(({ id }) => id === "rest-rsa-ascii-as-printed")?.publicKeyPem ?? "";
const sampleEd25519 = vectors.find(({ id }) => id === "derived-rest-ed25519-ascii")?.publicKeyPem ?? "";

// Signed text that never was a well-formed request: a leading `?` and a missing `&`. Checked below, off the wire.
const malformed = "rest-rsa-erratum-2022";
const good = vectors.filter(({ id, status }) => /^(VERIFIED|DERIVED_HERE)/.test(status) && id !== malformed);
const bad = vectors.filter(({ status }) => !/^(VERIFIED|DERIVED_HERE)/.test(status));

function keyFor(vector: Vector): KeySpec {
  const apiKey = vector.apiKey ?? "k".repeat(64);
  if (vector.secretKey !== undefined) return { apiKey, secret: vector.secretKey };
  const rsa = vector.id.includes("rsa");
  const publicKeyPem = vector.publicKeyPem ?? (rsa ? recoveredRsa : sampleEd25519);
  return { apiKey, algorithm: rsa ? "RSA" : "ED25519", publicKeyPem };
}

function play(vector: Vector): Promise<{ reply: Reply; orders: number }> {
  const timestamp = Number(/timestamp=(\d+)/.exec(vector.payload)?.[1]);
  const key = keyFor(vector);
  return onStage(
    { accounts: [{ uid: 7, keys: [key] }] },
    async ({ sandbox }) => {
      const isOrder = vector.payload.includes("symbol=");
      const signature = `signature=${encodeURIComponent(vector.signature)}`;
      const headers = { "x-mbx-apikey": key.apiKey ?? "" };
      const path = isOrder ? "/api/v3/order" : "/api/v3/account";
      const reply = await send(sandbox, {
        method: isOrder ? "POST" : "GET",
        path,
        query: vector.query ?? `${vector.payload}&${signature}`,
        body: vector.body === undefined ? "" : `${vector.body}&${signature}`,
        headers,
      });
      return { reply, orders: sandbox.orders(7).length };
    },
    new ManualClock(timestamp),
  );
}

test("there are vectors of each algorithm to play", () => {
  expect(good.map(({ id }) => id)).toEqual([
    "rest-hmac-ascii",
    "rest-hmac-nonascii",
    "rest-hmac-mixed-query-body",
    "rest-hmac-timestamp-only",
    "derived-rest-ed25519-ascii",
    "derived-rest-ed25519-nonascii",
    "derived-rest-rsa-ts",
    "derived-rest-rsa-ascii",
  ]);
  expect(bad.length).toBeGreaterThan(3);
});

describe.each(good)("$id", (vector) => {
  test("is accepted and does what it says", async () => {
    const { reply, orders } = await play(vector);
    expect(reply.text).not.toContain("code");
    expect(reply.status).toBe(200);
    expect(orders).toBe(vector.payload.includes("symbol=") ? 1 : 0);
  });

  test("is refused with one character of its signature changed", async () => {
    const first = vector.signature.startsWith("a") ? "b" : "a";
    const { reply, orders } = await play({ ...vector, signature: first + vector.signature.slice(1) });
    expect([reply.status, reply.code]).toEqual([400, -1022]);
    expect(orders).toBe(0);
  });
});

test.each(bad)("$id ($status) does not verify", async (vector) => {
  const { reply, orders } = await play(vector);
  expect([reply.status, reply.code]).toEqual([400, -1022]);
  expect(orders).toBe(0);
});

test("the erratum of 2022 is what Binance's RSA key really signed", () => {
  const vector = vectors.find(({ id }) => id === malformed);
  const keys = new KeyStore(new SeededRandom(1));
  const { apiKey } = keys.add(1, { algorithm: "RSA", publicKeyPem: recoveredRsa }, 0);
  const key = keys.find(apiKey);
  expect(key && signatureFits(key, vector?.payload ?? "", vector?.signature ?? "")).toBe(true);
});
