// vectors/signing-refusals.json: one cause an entry, on both implementations.

import { describe, expect, test } from "vitest";
import type { VerifyingKey } from "../src/algorithm.ts";
import type { KeyFormatCode, SigningFormatCode } from "../src/errors.ts";
import { SigningFormatError } from "../src/errors.ts";
import { splitRest, verifyRest } from "../src/rest.ts";
import { verifyWs } from "../src/ws.ts";
import { parseWsParams } from "../src/ws-params.ts";
import { platforms } from "./platforms.ts";
import { readVectors } from "./vector-files.ts";

type KeyName = "hmac" | "ed25519" | "rsa";
type Reason = "signature-missing" | "signature-malformed" | "signature-wrong";

interface Refusals {
  keys: Record<KeyName, VerifyingKey>;
  verify: { id: string; key: KeyName; payload: string; signature: string; genuine: boolean }[];
  rest: {
    id: string;
    key: KeyName;
    query: string;
    body: string;
    expect:
      | { ok: true; payload: string; signatureIn: "query" | "body" }
      | { ok: false; reason: Reason; code?: SigningFormatCode };
  }[];
  ws: {
    id: string;
    key: KeyName;
    params: string;
    expect:
      | { ok: true; payload: string }
      | { ok: false; reason: Reason; code?: undefined }
      | { ok: false; code: SigningFormatCode };
  }[];
  publicKeys: {
    id: string;
    algorithm: "ED25519" | "RSA";
    text: string;
    expect: { ok: true; pem: string } | { ok: false; code: KeyFormatCode };
  }[];
}

const refusals = readVectors("signing-refusals.json") as Refusals;

function codeOf(attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    if (error instanceof SigningFormatError) return error.code;
    throw error;
  }
}

describe.each(platforms)("$name", ({ keyring }) => {
  test.each(refusals.verify)("verify: $id", async ({ key, payload, signature, genuine }) => {
    const verifier = await keyring.importVerifier(refusals.keys[key]);
    expect(await verifier.verify(new TextEncoder().encode(payload), signature)).toBe(genuine);
  });

  test.each(refusals.rest)("REST: $id", async ({ key, query, body, expect: expected }) => {
    const verifier = await keyring.importVerifier(refusals.keys[key]);
    const verdict = await verifyRest({ query, body, verifier });
    if (expected.ok) {
      expect(verdict).toEqual({ ok: true, payload: expected.payload });
      expect(splitRest(query, body).signatureIn).toBe(expected.signatureIn);
    } else {
      expect(verdict).toEqual({ ok: false, reason: expected.reason });
      expect(codeOf(() => splitRest(query, body))).toBe(expected.code);
    }
  });

  test.each(refusals.ws)("WebSocket: $id", async ({ key, params, expect: expected }) => {
    if (!expected.ok && expected.code !== undefined) {
      expect(codeOf(() => parseWsParams(params))).toBe(expected.code);
      return;
    }
    const verifier = await keyring.importVerifier(refusals.keys[key]);
    expect(await verifyWs(parseWsParams(params), verifier)).toEqual(expected);
  });

  test.each(refusals.publicKeys)("public key: $id", async ({ algorithm, text, expect: expected }) => {
    const normalized = keyring.normalizePublicKey(algorithm, text);
    const imported = keyring.importVerifier({ algorithm, publicKeyPem: text });
    if (expected.ok) {
      expect(await normalized).toBe(expected.pem);
      expect((await imported).algorithm).toBe(algorithm);
    } else {
      await expect(normalized).rejects.toMatchObject({ name: "KeyFormatError", code: expected.code });
      await expect(imported).rejects.toMatchObject({ name: "KeyFormatError", code: expected.code });
    }
  });
});
