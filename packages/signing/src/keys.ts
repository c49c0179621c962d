// The key functions on this runtime's cryptography: node:crypto where there is one, WebCrypto elsewhere.

import { platform } from "#crypto";
import type { AsymmetricAlgorithm, Signer, SigningKey, Verifier, VerifyingKey } from "./algorithm.ts";
import { createKeyring } from "./keyring.ts";

const keyring = createKeyring(platform);

/**
 * Makes a signer from a secret or a private key; the key is tried against its own public half first.
 * @throws KeyFormatError any code but `random-bytes-short`
 */
export function importSigner(key: SigningKey): Promise<Signer> {
  return keyring.importSigner(key);
}

/**
 * Makes a verifier from a secret or a public key (PEM, or its bare base64 body).
 * @throws KeyFormatError any code but `pem-encrypted` and `random-bytes-short`
 */
export function importVerifier(key: VerifyingKey): Promise<Verifier> {
  return keyring.importVerifier(key);
}

/**
 * The canonical SPKI PEM of a public key (LF, 64 a line, one trailing newline), so that two texts of one key are
 * equal. RSA must have 2048 to 4096 bits and an odd exponent of 65537 to 32 bits; an Ed25519 point must be canonical
 * and not of small order (RFC 8032).
 * @throws KeyFormatError `pem-malformed`, `pem-wrong-kind`, `der-malformed`, `algorithm-mismatch`, `rsa-modulus`,
 * `rsa-exponent`, `ed25519-point`, `key-inconsistent`
 */
export function normalizePublicKey(algorithm: AsymmetricAlgorithm, pem: string): Promise<string> {
  return keyring.normalizePublicKey(algorithm, pem);
}

/**
 * The public half of a private key, in the form of `normalizePublicKey`.
 * @throws KeyFormatError as `importSigner`
 */
export function publicKeyOf(key: { algorithm: AsymmetricAlgorithm; privateKeyPem: string }): Promise<string> {
  return keyring.publicKeyOf(key);
}
