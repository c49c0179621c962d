/** Chance comes in by the front door: rooms take a `Random`; this file alone asks the machine for it. */
import { randomBytes } from "node:crypto";

/** Returns that many fresh, unpredictable bytes. */
export type Random = (byteCount: number) => Buffer;

export const systemRandom: Random = (byteCount) => randomBytes(byteCount);

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** Bytes from here on are thrown away, so that every letter is equally likely (248 = 4 × 62). */
const unbiasedBelow = 248;

/** A random text of `length` letters and digits, each equally likely. */
export function randomText(random: Random, length: number): string {
  let text = "";
  while (text.length < length) {
    for (const byte of random(length - text.length + 8)) {
      if (byte < unbiasedBelow && text.length < length) text += base62[byte % 62];
    }
  }
  return text;
}
