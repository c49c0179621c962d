// Every signature that Binance ever printed, as vectors/binance.json classifies it: the good verify, the bad do not.

import { describe, expect, test } from "vitest";
import type { VerifyingKey } from "../src/algorithm.ts";
import { splitRest, verifyRest } from "../src/rest.ts";
import { signWs, verifyWs, wsPayload } from "../src/ws.ts";
import { parseWsParams } from "../src/ws-params.ts";
import { platforms } from "./platforms.ts";
import { readVectors } from "./vector-files.ts";

interface BinanceVector {
  id: string;
  api: "REST" | "WS" | "FIX";
  alg: string;
  status: string;
  payload: string;
  signature: string;
  secretKey?: string;
  publicKeyPem?: string;
  privateKeyPem?: string;
  query?: string;
  body?: string;
  computed?: string;
  request?: { params: Record<string, string | number> };
}

const vectors = readVectors("binance.json") as BinanceVector[];
const isGood = ({ status }: BinanceVector): boolean => status === "VERIFIED" || status === "DERIVED_HERE";
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function keyOf(vector: BinanceVector): VerifyingKey | undefined {
  if (vector.alg === "HMAC-SHA-256" && vector.secretKey !== undefined) {
    return { algorithm: "HMAC", secret: vector.secretKey };
  }
  const algorithm = vector.alg.startsWith("Ed25519") ? "ED25519" : "RSA";
  return vector.publicKeyPem === undefined ? undefined : { algorithm, publicKeyPem: vector.publicKeyPem };
}

const withKey = vectors.flatMap((vector) => {
  const key = keyOf(vector);
  return key === undefined ? [] : [{ ...vector, key }];
});
const keyless = vectors.filter((vector) => keyOf(vector) === undefined);

test("the file is the one these suites were written for", () => {
  expect(vectors).toHaveLength(42);
  expect(withKey.filter(isGood)).toHaveLength(29);
  expect(withKey.filter((vector) => !isGood(vector)).map(({ status }) => status)).toEqual(
    Array.from({ length: 7 }, () => "DOES_NOT_VERIFY"),
  );
});

describe.each(platforms)("$name", ({ keyring }) => {
  test.each(withKey.filter(isGood))("$id verifies", async ({ key, payload, signature }) => {
    const verifier = await keyring.importVerifier(key);
    expect(await verifier.verify(bytes(payload), signature)).toBe(true);
  });

  test.each(withKey.filter((vector) => !isGood(vector)))(
    "$id is refused",
    async ({ key, payload, signature }) => {
      const verifier = await keyring.importVerifier(key);
      expect(await verifier.verify(bytes(payload), signature)).toBe(false);
    },
  );

  test.each(withKey.filter(({ api }) => api === "REST"))("$id over REST", async (vector) => {
    const verifier = await keyring.importVerifier(vector.key);
    const parts = { query: vector.query ?? vector.payload, body: vector.body ?? "" };
    const signed = { ...parts, query: `${parts.query}&signature=${encodeURIComponent(vector.signature)}` };
    expect(splitRest(signed.query, signed.body)).toEqual({
      payload: vector.payload,
      signature: vector.signature,
      signatureIn: "query",
    });
    expect((await verifyRest({ ...signed, verifier })).ok).toBe(isGood(vector));
  });

  test.each(withKey.filter(({ request }) => request !== undefined))("$id from its frame", async (vector) => {
    const params = parseWsParams(JSON.stringify(vector.request?.params));
    const verifier = await keyring.importVerifier(vector.key);
    expect(wsPayload(params)).toBe(vector.payload);
    expect(params.get("signature")).toBe(vector.signature);
    expect((await verifyWs(params, verifier)).ok).toBe(isGood(vector));
    const signer = await keyring.importSigner({ algorithm: "HMAC", secret: vector.secretKey ?? "" });
    expect(await signWs(params, signer)).toBe(isGood(vector) ? vector.signature : vector.computed);
  });

  test.each(vectors.filter(({ privateKeyPem }) => privateKeyPem !== undefined))(
    "$id is signed to the same text, and its private key has the printed public half",
    async ({ privateKeyPem = "", publicKeyPem = "", payload, signature }) => {
      const key = { algorithm: "ED25519", privateKeyPem } as const;
      expect(await (await keyring.importSigner(key)).sign(bytes(payload))).toBe(signature);
      expect(await keyring.publicKeyOf(key)).toBe(await keyring.normalizePublicKey("ED25519", publicKeyPem));
    },
  );

  // No key was published for these; they verify under none of the keys that were.
  test.each(keyless)("$id has no key to check with, and fits no published one", async (vector) => {
    expect(["UNVERIFIABLE_NO_KEY", "INVALID_NOT_ED25519"]).toContain(vector.status);
    const algorithm = vector.alg.startsWith("Ed25519") ? "ED25519" : "RSA";
    const candidates = withKey.map(({ key }) => key).filter((key) => key.algorithm === algorithm);
    expect(candidates.length).toBeGreaterThan(0);
    for (const key of candidates) {
      const verifier = await keyring.importVerifier(key);
      expect(await verifier.verify(bytes(vector.payload), vector.signature)).toBe(false);
    }
  });
});

test("the entries without a key are listed here, so that a new one is noticed", () => {
  expect(keyless.map(({ id }) => id)).toEqual([
    "rest-rsa-nonascii",
    "ws-rsa-nonascii",
    "rest-ed25519-ascii",
    "rest-ed25519-nonascii",
    "ws-ed25519-ascii",
    "ws-ed25519-nonascii",
  ]);
});
