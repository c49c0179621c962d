/** Derived secrets differ wherever anything about them differs; row MACs hold every part in its place. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { systemRandom } from "../../src/base/random.ts";
import { deriveClientSecret, rowMac, rowMacMatches } from "../../src/vault/derive.ts";
import type { ClientSecretDerivation } from "../../src/vault/derive.ts";
import { rootKeysOf } from "./root-keys-of.ts";

const rootKeys = rootKeysOf(3, 4);
const base: ClientSecretDerivation = {
  rootVersion: 1,
  salt: Buffer.alloc(32, 5),
  clientKeyId: "CSKLexample",
  generation: 1,
  algorithm: "HMAC",
  realm: "live",
};
const bytesOf = (input: ClientSecretDerivation): string =>
  deriveClientSecret(rootKeys, input).reveal().toString("hex");

describe("client secrets", () => {
  test("the same inputs give the same 128 bytes", () => {
    expect(bytesOf(base)).toBe(bytesOf({ ...base, salt: Buffer.from(base.salt) }));
    expect(bytesOf(base)).toHaveLength(256);
  });

  test.each<Partial<ClientSecretDerivation>>([
    { rootVersion: 2 },
    { salt: Buffer.alloc(32, 6) },
    { clientKeyId: "CSKLother" },
    { generation: 2 },
    { algorithm: "OTHER" },
    { realm: "sandbox" },
  ])("%o makes another secret", (change) => {
    expect(bytesOf({ ...base, ...change })).not.toBe(bytesOf(base));
  });

  test("any two derivations that differ give different secrets", () => {
    const derivations = fc.record({
      rootVersion: fc.constantFrom(1, 2),
      salt: fc.constantFrom(Buffer.alloc(32, 1), Buffer.alloc(32, 2)),
      clientKeyId: fc.constantFrom("a", "ab", "b"),
      generation: fc.constantFrom(1, 2, 12),
      algorithm: fc.constantFrom("HMAC", "2HMAC"),
      realm: fc.constantFrom("live" as const, "sandbox" as const),
    });
    fc.assert(
      fc.property(derivations, derivations, (a, b) => {
        expect(bytesOf(a) === bytesOf(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });

  test("without its salt there is nothing to derive from", () => {
    expect(() => deriveClientSecret(rootKeys, { ...base, salt: Buffer.alloc(0) })).toThrow(RangeError);
    // A guessed salt, even of zeros, is another secret: nothing of the old one is left anywhere.
    expect(bytesOf({ ...base, salt: Buffer.alloc(32) })).not.toBe(bytesOf(base));
    expect(bytesOf({ ...base, salt: systemRandom(32) })).not.toBe(bytesOf(base));
  });

  test("an unknown root key is refused", () => {
    expect(() => deriveClientSecret(rootKeys, { ...base, rootVersion: 9 })).toThrow(
      expect.objectContaining({ code: "root-version-unknown" }),
    );
  });
});

describe("row MACs", () => {
  const input = { purpose: "client-key/live", parts: ["a", "bc", Buffer.from([0])] };

  test("match what they were made over, and nothing else", () => {
    const mac = rowMac(rootKeys, input);
    expect(rowMacMatches(rootKeys, input, mac)).toBe(true);
    expect(rowMacMatches(rootKeys, { ...input, purpose: "client-key/sandbox" }, mac)).toBe(false);
    expect(rowMacMatches(rootKeys, { ...input, parts: ["ab", "c", Buffer.from([0])] }, mac)).toBe(false);
    expect(rowMacMatches(rootKeys, { ...input, parts: input.parts.slice(0, 2) }, mac)).toBe(false);
    expect(rowMacMatches(rootKeysOf(3, 5), input, mac)).toBe(false);
  });

  test("not one bit of a MAC may change", () => {
    const mac = rowMac(rootKeys, input);
    for (let index = 0; index < mac.length; index += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const changed = Buffer.from(mac);
        changed.writeUInt8(changed.readUInt8(index) ^ (1 << bit), index);
        expect(rowMacMatches(rootKeys, input, changed)).toBe(false);
      }
    }
    expect(rowMacMatches(rootKeys, input, Buffer.alloc(0))).toBe(false);
    expect(rowMacMatches(rootKeys, input, Buffer.concat([mac, Buffer.alloc(1)]))).toBe(false);
  });

  test("an older root key's MAC still matches", () => {
    expect(rowMacMatches(rootKeys, input, rowMac(rootKeysOf(3), input))).toBe(true);
  });
});
