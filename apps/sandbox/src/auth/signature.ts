// Checks a request's signature over the bytes as they arrived: query then body, without separator, without the
// `signature` pair. Independent of every other implementation in this house, on purpose.

import { constants, createHmac, timingSafeEqual, verify, type KeyObject } from "node:crypto";
import type { KeyRecord } from "./keys.ts";

const hexShape = /^[0-9A-Fa-f]{64}$/;
const base64Shape = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * Whether `signature` is the key's over `payload`.
 * @param payload the text as sent, one character a byte; a byte above 0x7f means the client did not
 *   percent-encode before signing, which Binance refuses since January 2026.
 */
export function signatureFits(key: KeyRecord, payload: string, signature: string): boolean {
  if (/[^\0-\x7f]/.test(payload)) return false;
  const bytes = Buffer.from(payload, "latin1");
  if ("secret" in key.verifier) return hmacFits(key.verifier.secret, bytes, signature);
  return publicKeyFits(key.verifier.publicKey, bytes, signature);
}

function hmacFits(secret: string, payload: Buffer, signature: string): boolean {
  if (!hexShape.test(signature)) return false;
  const expected = createHmac("sha256", secret).update(payload).digest();
  return timingSafeEqual(expected, Buffer.from(signature, "hex"));
}

function publicKeyFits(key: KeyObject, payload: Buffer, signature: string): boolean {
  if (!base64Shape.test(signature)) return false;
  const bytes = Buffer.from(signature, "base64");
  return key.asymmetricKeyType === "rsa"
    ? verify("sha256", payload, { key, padding: constants.RSA_PKCS1_PADDING }, bytes)
    : verify(null, payload, key, bytes);
}
