/**
 * A sealed box that commits to its key: every box has its own AES key and a commitment, both derived with a fresh
 * salt, so that one box opens under one key only (AES-GCM alone does not promise that).
 * It knows nothing of root keys or files; who calls it brings the derivation.
 */
import { timingSafeEqual } from "node:crypto";
import type { Random } from "../base/random.ts";
import type { Secret } from "../base/secret.ts";
import { aesGcmDecrypt, aesGcmEncrypt, aesKeyBytes, aesNonceBytes, aesTagBytes } from "./aes-gcm.ts";

const saltBytes = 32;
const commitmentBytes = 32;
/** What a box adds to its plaintext. */
export const boxOverheadBytes = saltBytes + aesNonceBytes + commitmentBytes + aesTagBytes;

/** Derives 64 bytes from a key that the caller holds, this salt and this info. */
export type BoxDerivation = (input: { salt: Buffer; info: Buffer; byteCount: number }) => Secret<Buffer>;

export interface BoxInput {
  readonly derive: BoxDerivation;
  /** What the box is and where it stands: the derivation's info and the cipher's associated data. */
  readonly binding: Buffer;
}

/** `salt ‖ nonce ‖ commitment ‖ ciphertext ‖ tag`. */
export function sealBox(input: BoxInput & { random: Random }, plaintext: Uint8Array): Buffer {
  const salt = input.random(saltBytes);
  const nonce = input.random(aesNonceBytes);
  const { key, commitment } = boxKeys(input, salt);
  const sealed = aesGcmEncrypt({ key, nonce, aad: input.binding }, plaintext);
  key.fill(0);
  return Buffer.concat([salt, nonce, commitment, sealed]);
}

/** The plaintext, or undefined when key, binding or any byte differs. */
export function openBox(input: BoxInput, box: Buffer): Buffer | undefined {
  if (box.length < boxOverheadBytes) return undefined;
  const salt = box.subarray(0, saltBytes);
  const nonce = box.subarray(saltBytes, saltBytes + aesNonceBytes);
  const given = box.subarray(saltBytes + aesNonceBytes, saltBytes + aesNonceBytes + commitmentBytes);
  const { key, commitment } = boxKeys(input, salt);
  const plaintext = timingSafeEqual(given, commitment)
    ? aesGcmDecrypt(
        { key, nonce, aad: input.binding },
        box.subarray(saltBytes + aesNonceBytes + commitmentBytes),
      )
    : undefined;
  key.fill(0);
  return plaintext;
}

function boxKeys(input: BoxInput, salt: Buffer): { key: Buffer; commitment: Buffer } {
  const byteCount = aesKeyBytes + commitmentBytes;
  const derived = input.derive({ salt, info: input.binding, byteCount }).reveal();
  return { key: derived.subarray(0, aesKeyBytes), commitment: derived.subarray(aesKeyBytes) };
}
