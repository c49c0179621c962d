// SPKI and PKCS#8: reads them down to the numbers, judges the numbers, and writes the one canonical form.
// Does no cryptography; what passes here is what the platform gets to see.

import type { AsymmetricAlgorithm } from "./algorithm.ts";
import {
  contentOf,
  readElements,
  readPositive,
  readSequence,
  tag,
  writeElement,
  writePositive,
} from "./der.ts";
import { isSafeEd25519Point } from "./ed25519-point.ts";
import { KeyFormatError } from "./errors.ts";

export const rsaModulusBitsMin = 2_048;
export const rsaModulusBitsMax = 4_096;
/** The smallest exponent of FIPS 186-5, and a ceiling that every platform's RSA can take. */
export const rsaExponentMin = 65_537n;
export const rsaExponentMax = 2n ** 32n - 1n;

const ed25519SeedBytes = 32;

// AlgorithmIdentifiers (RFC 8410 section 3: no parameters; RFC 8017 appendix A.1: NULL parameters).
const algorithmIdentifiers: Record<AsymmetricAlgorithm, Uint8Array> = {
  ED25519: Uint8Array.of(0x06, 0x03, 0x2b, 0x65, 0x70),
  RSA: Uint8Array.of(0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00),
};

/** A public key whose numbers have passed: its canonical SPKI and the length of its signatures. */
export interface PublicKeyEncoding {
  readonly spki: Uint8Array;
  readonly signatureBytes: number;
}

/** A private key whose outer form has passed. The RSA public half stands in the same file; Ed25519's does not. */
export type PrivateKeyEncoding =
  | { readonly algorithm: "ED25519"; readonly pkcs8: Uint8Array }
  | { readonly algorithm: "RSA"; readonly pkcs8: Uint8Array; readonly publicKey: PublicKeyEncoding };

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function malformed(): KeyFormatError {
  return new KeyFormatError("der-malformed", "The key's DER encoding is not the canonical one.");
}

function toBigInt(magnitude: Uint8Array): bigint {
  let value = 0n;
  for (const byte of magnitude) value = (value << 8n) | BigInt(byte);
  return value;
}

function requireAlgorithm(algorithm: AsymmetricAlgorithm, identifier: Uint8Array): void {
  if (sameBytes(identifier, algorithmIdentifiers[algorithm])) return;
  throw new KeyFormatError(
    "algorithm-mismatch",
    `The key is not ${algorithm === "RSA" ? "RSA" : "Ed25519"}.`,
  );
}

function spkiOf(algorithm: AsymmetricAlgorithm, subjectKey: Uint8Array): Uint8Array {
  return writeElement(
    tag.sequence,
    writeElement(tag.sequence, algorithmIdentifiers[algorithm]),
    writeElement(tag.bitString, Uint8Array.of(0), subjectKey),
  );
}

/** @throws KeyFormatError `ed25519-point` */
export function encodeEd25519(point: Uint8Array): PublicKeyEncoding {
  if (!isSafeEd25519Point(point)) {
    throw new KeyFormatError("ed25519-point", "The Ed25519 point is not canonical or has a small order.");
  }
  return { spki: spkiOf("ED25519", point), signatureBytes: 64 };
}

function encodeRsa(modulus: Uint8Array, exponent: Uint8Array): PublicKeyEncoding {
  const [high = 0] = modulus;
  const bits = modulus.length * 8 - (Math.clz32(high) - 24);
  const isOdd = ((modulus.at(-1) ?? 0) & 1) === 1;
  if (bits < rsaModulusBitsMin || bits > rsaModulusBitsMax || !isOdd) {
    throw new KeyFormatError("rsa-modulus", "The RSA modulus is not an odd number of 2048 to 4096 bits.");
  }
  const e = toBigInt(exponent);
  if (e < rsaExponentMin || e > rsaExponentMax || e % 2n === 0n) {
    throw new KeyFormatError("rsa-exponent", "The RSA exponent is even, below 65537 or above 32 bits.");
  }
  const subjectKey = writeElement(tag.sequence, writePositive(modulus), writePositive(exponent));
  return { spki: spkiOf("RSA", subjectKey), signatureBytes: modulus.length };
}

/**
 * Reads a SubjectPublicKeyInfo (RFC 5280 section 4.1) and judges its numbers.
 * @throws KeyFormatError `der-malformed`, `algorithm-mismatch`, `rsa-modulus`, `rsa-exponent`, `ed25519-point`
 */
export function readPublicKey(algorithm: AsymmetricAlgorithm, der: Uint8Array): PublicKeyEncoding {
  const outer = readSequence(der);
  requireAlgorithm(algorithm, contentOf(outer, 0, tag.sequence));
  const bits = contentOf(outer, 1, tag.bitString);
  if (outer.length !== 2 || bits[0] !== 0) throw malformed();
  const subjectKey = bits.subarray(1);
  if (algorithm === "ED25519") return encodeEd25519(subjectKey);
  const numbers = readSequence(subjectKey);
  if (numbers.length !== 2) throw malformed();
  return encodeRsa(
    readPositive(contentOf(numbers, 0, tag.integer)),
    readPositive(contentOf(numbers, 1, tag.integer)),
  );
}

/**
 * Reads a PKCS#8 PrivateKeyInfo (RFC 5208), version 0 without attributes, and judges its outer form.
 * @throws KeyFormatError `der-malformed`, `algorithm-mismatch`, `rsa-modulus`, `rsa-exponent`
 */
export function readPrivateKey(algorithm: AsymmetricAlgorithm, der: Uint8Array): PrivateKeyEncoding {
  const outer = readSequence(der);
  const version = contentOf(outer, 0, tag.integer);
  if (outer.length !== 3 || !sameBytes(version, Uint8Array.of(0))) throw malformed();
  requireAlgorithm(algorithm, contentOf(outer, 1, tag.sequence));
  const inner = contentOf(outer, 2, tag.octetString);
  if (algorithm === "ED25519") {
    const wrapped = readElements(inner);
    const seed = contentOf(wrapped, 0, tag.octetString);
    if (wrapped.length !== 1 || seed.length !== ed25519SeedBytes) throw malformed();
    return { algorithm, pkcs8: der };
  }
  // RSAPrivateKey (RFC 8017 appendix A.1.2): version, n, e, d, p, q and three CRT numbers.
  const numbers = readSequence(inner);
  const rsaVersion = contentOf(numbers, 0, tag.integer);
  if (numbers.length !== 9 || !sameBytes(rsaVersion, Uint8Array.of(0))) throw malformed();
  const modulus = readPositive(contentOf(numbers, 1, tag.integer));
  const exponent = readPositive(contentOf(numbers, 2, tag.integer));
  return { algorithm, pkcs8: der, publicKey: encodeRsa(modulus, exponent) };
}
