/** What can go wrong in the vault, in words an operator can act on; never a secret, never a library's own text. */

export type VaultErrorCode =
  | "keyring-missing"
  | "keyring-exists"
  | "keyring-damaged"
  | "seal-key-missing"
  | "seal-key-mode"
  | "seal-key-wrong"
  | "root-version-unknown"
  | "sealed-damaged";

export class VaultError extends Error {
  override readonly name = "VaultError";
  readonly code: VaultErrorCode;

  constructor(code: VaultErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
