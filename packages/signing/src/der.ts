// The sliver of DER (X.690) that SPKI and PKCS#8 keys need: definite lengths, minimal forms, nothing optional.

import { KeyFormatError } from "./errors.ts";

export const tag = { integer: 0x02, bitString: 0x03, octetString: 0x04, sequence: 0x30 } as const;

export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
}

function malformed(): KeyFormatError {
  return new KeyFormatError("der-malformed", "The key's DER encoding is not the canonical one.");
}

function readLength(bytes: Uint8Array, at: number): { length: number; next: number } {
  const first = bytes[at];
  if (first === undefined || first === 0x80) throw malformed();
  if (first < 0x80) return { length: first, next: at + 1 };
  const count = first & 0x7f;
  // Two length bytes reach 65,535, more than any key text that passes the PEM limit.
  if (count > 2) throw malformed();
  let length = 0;
  for (let i = 1; i <= count; i += 1) length = length * 256 + (bytes[at + i] ?? 0);
  const isMinimal = count === 1 ? length >= 0x80 : length >= 0x100;
  if (!isMinimal) throw malformed();
  return { length, next: at + 1 + count };
}

/** All elements that stand one after another in `bytes`, without rest. @throws KeyFormatError `der-malformed` */
export function readElements(bytes: Uint8Array): DerElement[] {
  const elements: DerElement[] = [];
  let at = 0;
  while (at < bytes.length) {
    const { length, next } = readLength(bytes, at + 1);
    if (next + length > bytes.length) throw malformed();
    elements.push({ tag: bytes[at] ?? 0, content: bytes.subarray(next, next + length) });
    at = next + length;
  }
  return elements;
}

/** The content of element `index`, which must have the tag. @throws KeyFormatError `der-malformed` */
export function contentOf(elements: readonly DerElement[], index: number, expected: number): Uint8Array {
  const element = elements[index];
  if (element === undefined || element.tag !== expected) throw malformed();
  return element.content;
}

/** The children of the only element in `bytes`, a SEQUENCE. @throws KeyFormatError `der-malformed` */
export function readSequence(bytes: Uint8Array): DerElement[] {
  const elements = readElements(bytes);
  if (elements.length !== 1) throw malformed();
  return readElements(contentOf(elements, 0, tag.sequence));
}

/** A positive INTEGER's magnitude without its sign byte. @throws KeyFormatError `der-malformed` */
export function readPositive(content: Uint8Array): Uint8Array {
  const [first, second] = content;
  if (first === undefined || first >= 0x80) throw malformed();
  if (first !== 0) return content;
  if (second === undefined || second < 0x80) throw malformed();
  return content.subarray(1);
}

/** One element from its parts. */
export function writeElement(tagByte: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head =
    length < 0x80
      ? [tagByte, length]
      : length < 0x100
        ? [tagByte, 0x81, length]
        : [tagByte, 0x82, length >> 8, length & 255];
  const bytes = new Uint8Array(head.length + length);
  bytes.set(head);
  let at = head.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** An INTEGER from its magnitude (which has no leading zero byte). */
export function writePositive(magnitude: Uint8Array): Uint8Array {
  const sign = (magnitude[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : Uint8Array.of();
  return writeElement(tag.integer, sign, magnitude);
}
