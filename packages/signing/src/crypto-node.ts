// The fast path for runtimes that have node:crypto. The only file of this package that may name a `node:` module.

import { Buffer } from "node:buffer";
import {
  constants,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  sign,
  timingSafeEqual,
  verify,
} from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { AsymmetricAlgorithm } from "./algorithm.ts";
import type { CryptoPlatform, HmacKey, PrivateKey, PublicKey } from "./crypto.ts";

const hmacBytes = 32;
const padding = constants.RSA_PKCS1_PADDING;

function mac(key: KeyObject, payload: Uint8Array): Uint8Array {
  return createHmac("sha256", key).update(payload).digest();
}

async function hmac(secret: Uint8Array): Promise<HmacKey> {
  const key = createSecretKey(secret);
  return {
    sign: async (payload) => mac(key, payload),
    verify: async (payload, tag) => tag.length === hmacBytes && timingSafeEqual(mac(key, payload), tag),
  };
}

function openPrivate(pkcs8: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.from(pkcs8), format: "der", type: "pkcs8" });
}

function signRsa(key: KeyObject, payload: Uint8Array): Promise<Uint8Array> {
  // With a callback the work leaves the event loop: an RSA signature takes milliseconds.
  return new Promise((resolve, reject) => {
    sign("sha256", payload, { key, padding }, (error, signature) => {
      if (error === null) resolve(signature);
      else reject(error);
    });
  });
}

async function privateKey(algorithm: AsymmetricAlgorithm, pkcs8: Uint8Array): Promise<PrivateKey> {
  const key = openPrivate(pkcs8);
  if (algorithm === "RSA") return { sign: (payload) => signRsa(key, payload) };
  return { sign: async (payload) => sign(null, payload, key) };
}

async function publicKey(algorithm: AsymmetricAlgorithm, spki: Uint8Array): Promise<PublicKey> {
  const key = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
  if (algorithm === "RSA") {
    return { verify: async (payload, signature) => verify("sha256", payload, { key, padding }, signature) };
  }
  return { verify: async (payload, signature) => verify(null, payload, key, signature) };
}

async function ed25519Point(pkcs8: Uint8Array): Promise<Uint8Array> {
  const spki = createPublicKey(openPrivate(pkcs8)).export({ format: "der", type: "spki" });
  return new Uint8Array(spki.subarray(spki.length - 32));
}

/** node:crypto as this package sees it. */
export const platform: CryptoPlatform = { hmac, privateKey, publicKey, ed25519Point };
