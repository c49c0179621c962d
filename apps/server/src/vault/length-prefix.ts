/**
 * Length-prefixed concatenation: the one way several values become one byte string before a key derivation,
 * an associated-data field or a MAC, so that no two lists of values ever give the same bytes.
 */

/**
 * Each part as a 4-byte big-endian length and its bytes (texts in UTF-8), one after the other.
 * @throws TypeError for a text with a lone surrogate, whose UTF-8 would not be its own.
 */
export function lengthPrefixed(parts: readonly (string | Uint8Array)[]): Buffer {
  const pieces: Uint8Array[] = [];
  for (const part of parts) {
    if (typeof part === "string" && !part.isWellFormed())
      throw new TypeError("a part holds a lone surrogate");
    const bytes = typeof part === "string" ? Buffer.from(part, "utf8") : part;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    pieces.push(length, bytes);
  }
  return Buffer.concat(pieces);
}
