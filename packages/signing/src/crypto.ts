// What this package asks of a platform's cryptography: raw bytes in, raw bytes out, keys already checked.
// Two files implement it, chosen by the conditional import `#crypto`; neither decodes texts or judges keys.

import type { AsymmetricAlgorithm } from "./algorithm.ts";

/** A keyed HMAC-SHA-256. `verify` takes a tag of 32 bytes and compares in constant time. */
export interface HmacKey {
  sign(payload: Uint8Array): Promise<Uint8Array>;
  verify(payload: Uint8Array, tag: Uint8Array): Promise<boolean>;
}

/** A private key. RSA is PKCS#1 v1.5 with SHA-256, Ed25519 is the pure form of RFC 8032. */
export interface PrivateKey {
  sign(payload: Uint8Array): Promise<Uint8Array>;
}

/** A public key, same two algorithms. A signature of the wrong length is `false`. */
export interface PublicKey {
  verify(payload: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

/** The platform. Imports reject (with any error) when the platform refuses the key. */
export interface CryptoPlatform {
  hmac(key: Uint8Array): Promise<HmacKey>;
  privateKey(algorithm: AsymmetricAlgorithm, pkcs8: Uint8Array): Promise<PrivateKey>;
  publicKey(algorithm: AsymmetricAlgorithm, spki: Uint8Array): Promise<PublicKey>;
  /** The 32 bytes of the public point that belongs to an Ed25519 private key. */
  ed25519Point(pkcs8: Uint8Array): Promise<Uint8Array>;
}
