// What can be wrong with a key or with the text of a request, as stable codes. Messages never carry key material.

export type KeyFormatCode =
  | "secret-malformed"
  | "pem-malformed"
  | "pem-encrypted"
  | "pem-wrong-kind"
  | "der-malformed"
  | "algorithm-mismatch"
  | "rsa-modulus"
  | "rsa-exponent"
  | "ed25519-point"
  | "key-inconsistent"
  | "random-bytes-short";

export type SigningFormatCode =
  | "signature-duplicate"
  | "signature-empty"
  | "signature-encoding"
  | "signature-name-encoded"
  | "not-ascii"
  | "name-empty"
  | "name-duplicate"
  | "name-reserved"
  | "lone-surrogate"
  | "json-malformed"
  | "json-nested"
  | "too-many-params"
  | "text-too-long"
  | "character-forbidden";

/** A key's text cannot be used. `code` is stable; the message is for people. */
export class KeyFormatError extends Error {
  override readonly name = "KeyFormatError";
  readonly code: KeyFormatCode;
  constructor(code: KeyFormatCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A request's text cannot be signed or verified. `code` is stable; the message is for people. */
export class SigningFormatError extends Error {
  override readonly name = "SigningFormatError";
  readonly code: SigningFormatCode;
  constructor(code: SigningFormatCode, message: string) {
    super(message);
    this.code = code;
  }
}
