// WebCrypto through globalThis: browsers, workers and any runtime without node:crypto. Names no `node:` module.

import type { AsymmetricAlgorithm } from "./algorithm.ts";
import type { CryptoPlatform, HmacKey, PrivateKey, PublicKey } from "./crypto.ts";

const parameters = {
  HMAC: { name: "HMAC", hash: "SHA-256" },
  RSA: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  ED25519: { name: "Ed25519" },
} as const;

// A copy: the caller may reuse its buffer while the platform works, and it may be a shared one.
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

async function hmac(secret: Uint8Array): Promise<HmacKey> {
  const { subtle } = globalThis.crypto;
  const key = await subtle.importKey("raw", own(secret), parameters.HMAC, false, ["sign", "verify"]);
  return {
    sign: async (payload) => new Uint8Array(await subtle.sign("HMAC", key, own(payload))),
    // The WebCrypto recommendation has `verify` compare in constant time; comparing here could not promise that.
    verify: (payload, tag) => subtle.verify("HMAC", key, own(tag), own(payload)),
  };
}

async function privateKey(algorithm: AsymmetricAlgorithm, pkcs8: Uint8Array): Promise<PrivateKey> {
  const { subtle } = globalThis.crypto;
  const { name } = parameters[algorithm];
  const key = await subtle.importKey("pkcs8", own(pkcs8), parameters[algorithm], false, ["sign"]);
  return { sign: async (payload) => new Uint8Array(await subtle.sign(name, key, own(payload))) };
}

async function publicKey(algorithm: AsymmetricAlgorithm, spki: Uint8Array): Promise<PublicKey> {
  const { subtle } = globalThis.crypto;
  const { name } = parameters[algorithm];
  const key = await subtle.importKey("spki", own(spki), parameters[algorithm], false, ["verify"]);
  return { verify: (payload, signature) => subtle.verify(name, key, own(signature), own(payload)) };
}

async function ed25519Point(pkcs8: Uint8Array): Promise<Uint8Array> {
  const { subtle } = globalThis.crypto;
  const key = await subtle.importKey("pkcs8", own(pkcs8), parameters.ED25519, true, ["sign"]);
  // WebCrypto has no direct way from a private key to its public half; the JWK carries both.
  const { x } = await subtle.exportKey("jwk", key);
  if (x === undefined) throw new Error("the platform exported an Ed25519 key without its public half");
  const binary = atob(x.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** WebCrypto as this package sees it. */
export const platform: CryptoPlatform = { hmac, privateKey, publicKey, ed25519Point };
