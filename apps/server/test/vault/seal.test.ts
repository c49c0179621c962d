/** Sealed secrets open only whole, in their place, under their root key. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { systemRandom } from "../../src/base/random.ts";
import { Secret } from "../../src/base/secret.ts";
import { lengthPrefixed } from "../../src/vault/length-prefix.ts";
import { open, seal, sealedPlaintextBytesMax, sealedRootVersion } from "../../src/vault/seal.ts";
import type { SealContext } from "../../src/vault/seal.ts";
import { rootKeysOf } from "./root-keys-of.ts";

const rootKeys = rootKeysOf(7);
const random = systemRandom;
const context: SealContext = {
  purpose: "venue-key-secret",
  table: "venue_keys",
  recordId: "vk_1",
  version: 1,
};
const damaged = expect.objectContaining({ code: "sealed-damaged" });

function refusal(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("length-prefixed concatenation", () => {
  test("a known case", () => {
    expect(lengthPrefixed(["ab", Buffer.from([1])]).toString("hex")).toBe("0000000261620000000101");
  });

  test("different lists never give the same bytes", () => {
    const lists = fc.array(fc.string({ unit: "grapheme", maxLength: 4 }), { maxLength: 4 });
    fc.assert(
      fc.property(lists, lists, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(lengthPrefixed(a).equals(lengthPrefixed(b))).toBe(same);
      }),
      {
        examples: [
          [
            ["ab", "c"],
            ["a", "bc"],
          ],
          [[""], []],
        ],
      },
    );
  });

  test("a lone surrogate is refused", () => {
    expect(() => lengthPrefixed(["\ud800"])).toThrow(TypeError);
  });
});

describe("seal and open", () => {
  const texts = fc.string({ unit: "grapheme", maxLength: 300 });

  test("what is sealed opens, in its place, to itself", () => {
    fc.assert(
      fc.property(texts, texts, texts, texts, fc.nat(), (secret, purpose, table, recordId, version) => {
        const place = { purpose, table, recordId, version };
        const sealed = seal({ rootKeys, random }, place, new Secret(secret));
        expect(open(rootKeys, place, sealed).reveal()).toBe(secret);
        expect(sealed.length).toBe(5 + 32 + 12 + 32 + 16 + Buffer.byteLength(secret));
      }),
    );
  });

  test("not one bit may change", () => {
    const sealed = seal({ rootKeys, random }, context, new Secret("a secret"));
    for (let index = 0; index < sealed.length; index += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const changed = Buffer.from(sealed);
        changed.writeUInt8(changed.readUInt8(index) ^ (1 << bit), index);
        // Bytes 1 to 4 name the root key: another one is not there at all.
        const code = index >= 1 && index <= 4 ? "root-version-unknown" : "sealed-damaged";
        expect(refusal(() => open(rootKeys, context, changed))).toMatchObject({ name: "VaultError", code });
      }
    }
  });

  test("cut short, made longer, or empty, it does not open", () => {
    const sealed = seal({ rootKeys, random }, context, new Secret("a secret"));
    for (let length = 0; length < sealed.length; length += 1) {
      expect(refusal(() => open(rootKeys, context, sealed.subarray(0, length)))).toEqual(damaged);
    }
    expect(refusal(() => open(rootKeys, context, Buffer.concat([sealed, Buffer.alloc(1)])))).toEqual(damaged);
  });

  test.each<Partial<SealContext>>([
    { purpose: "venue-key" },
    { table: "client_keys" },
    { recordId: "vk_2" },
    { version: 2 },
    { purpose: "venue_keys", table: "venue-key-secret" },
    { purpose: "venue-key-secretvenue_keys", table: "" },
  ])("in another place (%o) it does not open", (moved) => {
    const sealed = seal({ rootKeys, random }, context, new Secret("a secret"));
    expect(refusal(() => open(rootKeys, { ...context, ...moved }, sealed))).toEqual(damaged);
  });

  test("under another root key it does not open", () => {
    const sealed = seal({ rootKeys, random }, context, new Secret("a secret"));
    expect(refusal(() => open(rootKeysOf(8), context, sealed))).toEqual(damaged);
  });

  test("a newer root key seals, the older one still opens", () => {
    const older = seal({ rootKeys: rootKeysOf(7), random }, context, new Secret("older"));
    const both = rootKeysOf(7, 9);
    const newer = seal({ rootKeys: both, random }, context, new Secret("newer"));
    expect([sealedRootVersion(older), sealedRootVersion(newer)]).toEqual([1, 2]);
    expect(open(both, context, older).reveal()).toBe("older");
    expect(open(both, context, newer).reveal()).toBe("newer");
  });

  test("the same secret never seals to the same bytes", () => {
    const blobs = Array.from({ length: 50 }, () =>
      seal({ rootKeys, random }, context, new Secret("x")).toString("hex"),
    );
    expect(new Set(blobs).size).toBe(50);
  });

  test("a secret that is too long is refused", () => {
    const tooLong = new Secret("x".repeat(sealedPlaintextBytesMax + 1));
    expect(() => seal({ rootKeys, random }, context, tooLong)).toThrow(RangeError);
  });
});
