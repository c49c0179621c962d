/** What an operator can get wrong about a key, each with a code and a sentence fit to be shown to them. */

export type KeyErrorCode =
  | "label-malformed"
  | "algorithm-unknown"
  | "permission-unknown"
  | "address-malformed"
  | "address-too-wide"
  | "address-twice"
  | "addresses-none"
  | "addresses-too-many"
  | "symbol-malformed"
  | "symbol-twice"
  | "symbols-none"
  | "symbols-too-many"
  | "public-key-missing"
  | "public-key-unexpected"
  | "public-key-malformed"
  | "public-key-in-use"
  | "unknown-client-key"
  | "client-keys-too-many"
  | "unknown-venue-key"
  | "venue-key-unusable"
  | "venue-keys-too-many"
  | "venue-api-key-malformed"
  | "venue-api-key-twice"
  | "venue-secret-malformed"
  | "account-uid-malformed"
  | "too-many-changes-waiting";

export class KeyError extends Error {
  override readonly name = "KeyError";
  readonly code: KeyErrorCode;

  constructor(code: KeyErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
