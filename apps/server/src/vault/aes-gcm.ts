/**
 * AES-256-GCM with a 96-bit nonce and a 16-byte tag, no other way: node:crypto alone would take a 4-byte tag
 * and let a forger guess it.
 */
import { createCipheriv, createDecipheriv } from "node:crypto";

export const aesKeyBytes = 32;
export const aesNonceBytes = 12;
export const aesTagBytes = 16;

export interface AesGcmInput {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly aad: Uint8Array;
}

/** Ciphertext followed by its 16-byte tag. A key and nonce pair must never be used twice. */
export function aesGcmEncrypt(input: AesGcmInput, plaintext: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-256-gcm", input.key, checkedNonce(input.nonce), {
    authTagLength: aesTagBytes,
  });
  cipher.setAAD(input.aad);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** The plaintext, or undefined when anything at all is not as it was sealed. */
export function aesGcmDecrypt(input: AesGcmInput, sealed: Uint8Array): Buffer | undefined {
  if (sealed.length < aesTagBytes) return undefined;
  const decipher = createDecipheriv("aes-256-gcm", input.key, checkedNonce(input.nonce), {
    authTagLength: aesTagBytes,
  });
  decipher.setAAD(input.aad);
  decipher.setAuthTag(sealed.subarray(sealed.length - aesTagBytes));
  const plaintext = decipher.update(sealed.subarray(0, sealed.length - aesTagBytes));
  try {
    return Buffer.concat([plaintext, decipher.final()]);
  } catch {
    plaintext.fill(0);
    return undefined;
  }
}

function checkedNonce(nonce: Uint8Array): Uint8Array {
  if (nonce.length !== aesNonceBytes) throw new RangeError(`a nonce has ${aesNonceBytes} bytes`);
  return nonce;
}
