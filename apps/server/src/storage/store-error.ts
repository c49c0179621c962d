/** What can go wrong with the database, in words an operator can act on. */

export type StoreErrorCode =
  | "store-in-use"
  | "folder-mode"
  | "file-mode"
  | "sqlite-too-old"
  | "sqlite-setting"
  | "migration-failed"
  | "write-failed"
  | "row-changed"
  | "too-many-waiting"
  | "store-closed"
  | "store-failed";

const codes: ReadonlySet<string> = new Set<StoreErrorCode>([
  "store-in-use",
  "folder-mode",
  "file-mode",
  "sqlite-too-old",
  "sqlite-setting",
  "migration-failed",
  "write-failed",
  "row-changed",
  "too-many-waiting",
  "store-closed",
  "store-failed",
]);

export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** An error as it crosses from the worker: plain data. */
export interface PlainError {
  readonly code: StoreErrorCode;
  readonly message: string;
}

export function plainError(error: unknown): PlainError {
  if (error instanceof StoreError) return { code: error.code, message: error.message };
  return { code: "write-failed", message: error instanceof Error ? error.message : String(error) };
}

export function isStoreErrorCode(code: string): code is StoreErrorCode {
  return codes.has(code);
}
