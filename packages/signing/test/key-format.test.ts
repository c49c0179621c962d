// Our key format, by vectors/key-format.json (whose checksums another program computed) and by properties.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatKey,
  isApiKeyFormat,
  keyBytesAdvised,
  keyPattern,
  keyPrefixes,
  parseKey,
} from "../src/key-format.ts";
import type { KeyKind, KeyRealm } from "../src/key-format.ts";
import { readVectors } from "./vector-files.ts";

interface KeyVectors {
  keys: { id: string; kind: KeyKind; realm: KeyRealm; bytes: string; text: string }[];
  refused: { id: string; text: string; isApiKeyFormat: boolean }[];
}

const vectors = readVectors("key-format.json") as KeyVectors;
const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const kinds = fc.constantFrom<KeyKind[]>("id", "secret");
const realms = fc.constantFrom<KeyRealm[]>("live", "sandbox");
const usable = fc.uint8Array({ minLength: 54, maxLength: 120, max: 247 });

test.each(vectors.keys)("key $id", ({ kind, realm, bytes, text }) => {
  expect(formatKey(kind, realm, Buffer.from(bytes, "hex"))).toBe(text);
  expect(parseKey(text)).toEqual({ kind, realm });
  expect(keyPattern.exec(`token=${text};`)?.[0]).toBe(text);
});

test.each(vectors.refused)("refused: $id", ({ text, isApiKeyFormat: hasShape }) => {
  expect(parseKey(text)).toBeUndefined();
  expect(isApiKeyFormat(text)).toBe(hasShape);
});

test("too few usable bytes are refused, not stretched", () => {
  const short = expect.objectContaining({ name: "KeyFormatError", code: "random-bytes-short" });
  expect(() => formatKey("id", "live", new Uint8Array(53))).toThrow(short);
  expect(() => formatKey("id", "live", new Uint8Array(keyBytesAdvised).fill(248))).toThrow(short);
  expect(() => formatKey("id", "live", new Uint8Array())).toThrow(short);
});

test("every byte below 248 is used and each character stands for four of them", () => {
  const counts = new Map<string, number>();
  for (let byte = 0; byte < 248; byte += 1) {
    const character = formatKey("id", "live", new Uint8Array(54).fill(byte)).charAt(4);
    counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  expect([...counts.keys()].sort().join("")).toBe(base62);
  expect(new Set(counts.values())).toEqual(new Set([4]));
});

describe("any key", () => {
  test("comes back as what it was made, has Binance's shape and its prefix, and is found by a scanner", () => {
    fc.assert(
      fc.property(kinds, realms, usable, (kind, realm, bytes) => {
        const text = formatKey(kind, realm, bytes);
        expect(parseKey(text)).toEqual({ kind, realm });
        expect(isApiKeyFormat(text)).toBe(true);
        expect(text.startsWith(keyPrefixes[kind][realm])).toBe(true);
        expect(keyPattern.test(text)).toBe(true);
        expect(keyPattern.test(`x${text}`)).toBe(false);
      }),
    );
  });

  test("does not survive the change of any single character to any other", () => {
    fc.assert(
      fc.property(kinds, realms, usable, (kind, realm, bytes) => {
        const text = formatKey(kind, realm, bytes);
        for (let at = 0; at < text.length; at += 1) {
          for (const other of base62) {
            if (other === text.charAt(at)) continue;
            expect(parseKey(text.slice(0, at) + other + text.slice(at + 1))).toBeUndefined();
          }
        }
      }),
      { numRuns: 5 },
    );
  });

  test("does not survive two neighbours changing places", () => {
    fc.assert(
      fc.property(usable, fc.integer({ min: 0, max: 62 }), (bytes, at) => {
        const text = formatKey("secret", "live", bytes);
        fc.pre(text.charAt(at) !== text.charAt(at + 1));
        const swapped = text.slice(0, at) + text.charAt(at + 1) + text.charAt(at) + text.slice(at + 2);
        expect(parseKey(swapped)).toBeUndefined();
      }),
    );
  });
});
