// The words of this package: the three algorithms, the keys that go in, and what comes out of importing them.

/** The three signature algorithms of Binance, by Binance's own names (BINANCE docs, faqs/api_key_types.md). */
export type Algorithm = "HMAC" | "ED25519" | "RSA";

/** The algorithms that have a public key. */
export type AsymmetricAlgorithm = "ED25519" | "RSA";

/** A key that signs. The secret's ASCII bytes are the HMAC key; a private key is an unencrypted PKCS#8 PEM. */
export type SigningKey =
  | { algorithm: "HMAC"; secret: string }
  | { algorithm: AsymmetricAlgorithm; privateKeyPem: string };

/** A key that verifies. A public key is a SubjectPublicKeyInfo PEM. */
export type VerifyingKey =
  | { algorithm: "HMAC"; secret: string }
  | { algorithm: AsymmetricAlgorithm; publicKeyPem: string };

/** Signs payload bytes. The text is lower-case hex (HMAC) or padded base64, never percent-encoded. */
export interface Signer {
  readonly algorithm: Algorithm;
  sign(payload: Uint8Array): Promise<string>;
}

/** Verifies a signature's text. A signature that is wrong in any way is `false`, never an exception. */
export interface Verifier {
  readonly algorithm: Algorithm;
  verify(payload: Uint8Array, signature: string): Promise<boolean>;
}
