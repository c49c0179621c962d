// The shape of the key ids and secrets we issue: 64 letters and digits, so that stock clients take them, with a prefix
// and a checksum, so that scanners and people recognise them. Knows no randomness of its own.

import { KeyFormatError } from "./errors.ts";

export type KeyKind = "id" | "secret";
export type KeyRealm = "live" | "sandbox";

export interface ParsedKey {
  kind: KeyKind;
  realm: KeyRealm;
}

/** The first four characters of what we issue. */
export const keyPrefixes = {
  id: { live: "CSKL", sandbox: "CSKS" },
  secret: { live: "CSSL", sandbox: "CSSS" },
} as const satisfies Record<KeyKind, Record<KeyRealm, string>>;

/** For secret scanners: finds our keys in any text. Ask `parseKey` whether a find is genuine. */
export const keyPattern = /(?<![A-Za-z0-9])CS[KS][LS][A-Za-z0-9]{60}(?![A-Za-z0-9])/;

/** So many random bytes leave `formatKey` short less than once in 10^37 times. */
export const keyBytesAdvised = 96;

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const bodyChars = 54;
const checksumChars = 6;
// 248 is the largest multiple of 62 in a byte; higher bytes would favour the first characters.
const acceptBelow = 248;

const prefixes = new Map<string, ParsedKey>([
  [keyPrefixes.id.live, { kind: "id", realm: "live" }],
  [keyPrefixes.id.sandbox, { kind: "id", realm: "sandbox" }],
  [keyPrefixes.secret.live, { kind: "secret", realm: "live" }],
  [keyPrefixes.secret.sandbox, { kind: "secret", realm: "sandbox" }],
]);

// CRC-32 of ISO 3309, as in gzip and PNG: bit by bit, since a key has 58 characters.
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let at = 0; at < text.length; at += 1) {
    crc ^= text.charCodeAt(at);
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function checksum(text: string): string {
  let left = crc32(text);
  let digits = "";
  for (let at = 0; at < checksumChars; at += 1) {
    digits = alphabet.charAt(left % alphabet.length) + digits;
    left = Math.floor(left / alphabet.length);
  }
  return digits;
}

/**
 * A key id or secret from random or derived bytes: prefix, 54 characters of base62, checksum. The same bytes give the
 * same key; bytes of 248 and above are skipped, so pass `keyBytesAdvised`.
 * @throws KeyFormatError `random-bytes-short`
 */
export function formatKey(kind: KeyKind, realm: KeyRealm, bytes: Uint8Array): string {
  const accepted = bytes.filter((byte) => byte < acceptBelow).subarray(0, bodyChars);
  if (accepted.length < bodyChars) {
    throw new KeyFormatError("random-bytes-short", `Fewer than ${bodyChars} of the bytes can be used.`);
  }
  let text: string = keyPrefixes[kind][realm];
  for (const byte of accepted) text += alphabet.charAt(byte % alphabet.length);
  return text + checksum(text);
}

/** What a text is, if it is one of our keys: prefix, alphabet and checksum hold. Says nothing of its validity. */
export function parseKey(text: string): ParsedKey | undefined {
  if (!isApiKeyFormat(text)) return undefined;
  const known = prefixes.get(text.slice(0, 4));
  const covered = text.slice(0, text.length - checksumChars);
  if (known === undefined || !text.endsWith(checksum(covered))) return undefined;
  return { ...known };
}

/** Binance's own shape of an API key: 64 characters A-Z a-z 0-9. Anything else is answered -2014. */
export function isApiKeyFormat(text: string): boolean {
  return /^[A-Za-z0-9]{64}$/.test(text);
}
