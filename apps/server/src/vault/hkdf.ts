/** HKDF-SHA256 (RFC 5869) over node:crypto: every key in this house but the root comes out of it. */
import { hkdfSync } from "node:crypto";

export interface HkdfInput {
  /** Input keying material. */
  readonly key: Uint8Array;
  readonly salt: Uint8Array;
  readonly info: Uint8Array;
  /** 1..8160. */
  readonly byteCount: number;
}

/** @throws RangeError when more than 255 × 32 bytes are asked for. */
export function hkdfSha256(input: HkdfInput): Buffer {
  return Buffer.from(hkdfSync("sha256", input.key, input.salt, input.info, input.byteCount));
}
