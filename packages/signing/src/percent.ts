// Percent-encoding (RFC 3986) as Binance expects it. Strict both ways; '+' is a plus, never a blank.

import { SigningFormatError } from "./errors.ts";

const alsoReserved = /[!'()*]/g;

/**
 * UTF-8 percent-encoding in upper-case hex; only A-Z a-z 0-9 - . _ ~ stay bare.
 * @throws SigningFormatError `lone-surrogate`
 */
export function encodePercent(text: string): string {
  if (!text.isWellFormed()) {
    throw new SigningFormatError("lone-surrogate", "A text with half a surrogate pair has no UTF-8 form.");
  }
  return encodeURIComponent(text).replace(
    alsoReserved,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Decodes once, byte by byte; `undefined` if a '%' lacks its two digits or a byte is not ASCII. */
export function decodePercentAscii(text: string): string | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  const decoded = text.replace(/%[0-9A-Fa-f]{2}/g, (code) =>
    String.fromCharCode(Number.parseInt(code.slice(1), 16)),
  );
  return isAscii(decoded) ? decoded : undefined;
}

/** Whether every code unit is below 128. */
export function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    if (text.charCodeAt(at) > 0x7f) return false;
  }
  return true;
}
