/** The primitives against other people's vectors: RFC 5869 and Wycheproof, where those files are present. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { aesGcmDecrypt, aesGcmEncrypt } from "../../src/vault/aes-gcm.ts";
import { hkdfSha256 } from "../../src/vault/hkdf.ts";

const folder = new URL("../../../../../shared/vectors/public/", import.meta.url);
const present = existsSync(folder);
if (!present) console.log("public vectors are absent: RFC 5869 and Wycheproof cases were NOT run");

const hex = (text: string): Buffer => Buffer.from(text, "hex");

interface WycheproofFile<T> {
  readonly testGroups: readonly (T & { readonly tests: readonly (T & { readonly tcId: number })[] })[];
}

function wycheproof<T>(name: string): WycheproofFile<T> {
  return JSON.parse(readFileSync(new URL(name, folder), "utf8")) as WycheproofFile<T>;
}

interface HkdfCase {
  readonly ikm: string;
  readonly salt: string;
  readonly info: string;
  readonly size: number;
  readonly okm: string;
  readonly result: string;
}

interface GcmCase {
  readonly keySize: number;
  readonly ivSize: number;
  readonly tagSize: number;
  readonly key: string;
  readonly iv: string;
  readonly aad: string;
  readonly msg: string;
  readonly ct: string;
  readonly tag: string;
  readonly result: string;
}

describe.runIf(present)("public vectors", () => {
  test("HKDF-SHA256: RFC 5869, appendix A", () => {
    const text = readFileSync(new URL("rfc-5869-HKDF-SHA256.txt", folder), "utf8");
    const field = (block: string, name: string): string =>
      new RegExp(`^${name} *= *([0-9a-f]*)`, "m").exec(block)?.[1] ?? "";
    const blocks = text.split(/^COUNT/m).slice(1);
    expect(blocks.length).toBeGreaterThanOrEqual(3);
    for (const block of blocks) {
      const okm = hkdfSha256({
        key: hex(field(block, "IKM")),
        salt: hex(field(block, "salt")),
        info: hex(field(block, "info")),
        byteCount: Number(/^L *= *(\d+)/m.exec(block)?.[1]),
      });
      expect(okm.toString("hex")).toBe(field(block, "OKM"));
    }
  });

  test("HKDF-SHA256: Wycheproof", () => {
    let ran = 0;
    for (const group of wycheproof<HkdfCase>("hkdf_sha256_test.json").testGroups) {
      for (const each of group.tests) {
        ran += 1;
        const derive = (): string =>
          hkdfSha256({
            key: hex(each.ikm),
            salt: hex(each.salt),
            info: hex(each.info),
            byteCount: each.size,
          }).toString("hex");
        if (each.result === "invalid") expect(derive, `case ${each.tcId}`).toThrow(RangeError);
        else expect(derive(), `case ${each.tcId}`).toBe(each.okm);
      }
    }
    expect(ran).toBe(86);
  });

  test("AES-256-GCM: Wycheproof, the sizes that are used here", () => {
    let valid = 0;
    let invalid = 0;
    for (const group of wycheproof<GcmCase>("aes_gcm_test.json").testGroups) {
      if (group.keySize !== 256 || group.ivSize !== 96 || group.tagSize !== 128) continue;
      for (const each of group.tests) {
        const input = { key: hex(each.key), nonce: hex(each.iv), aad: hex(each.aad) };
        const sealed = Buffer.concat([hex(each.ct), hex(each.tag)]);
        const opened = aesGcmDecrypt(input, sealed)?.toString("hex");
        if (each.result === "valid") {
          valid += 1;
          expect(opened, `case ${each.tcId}`).toBe(each.msg);
          expect(aesGcmEncrypt(input, hex(each.msg)).equals(sealed), `case ${each.tcId}`).toBe(true);
        } else {
          invalid += 1;
          expect(opened, `case ${each.tcId}`).toBeUndefined();
        }
      }
    }
    expect(valid).toBeGreaterThan(30);
    expect(invalid).toBeGreaterThan(20);
  });

  test("AES-256-GCM: Wycheproof's odd nonces are refused", () => {
    let ran = 0;
    for (const group of wycheproof<GcmCase>("aes_gcm_test.json").testGroups) {
      if (group.keySize !== 256 || group.ivSize === 96) continue;
      for (const each of group.tests) {
        ran += 1;
        const input = { key: hex(each.key), nonce: hex(each.iv), aad: hex(each.aad) };
        expect(() => aesGcmDecrypt(input, Buffer.concat([hex(each.ct), hex(each.tag)]))).toThrow(RangeError);
      }
    }
    expect(ran).toBeGreaterThan(10);
  });
});

test("a tag cut to four bytes does not open", () => {
  const input = { key: Buffer.alloc(32, 1), nonce: Buffer.alloc(12, 2), aad: Buffer.from("aad") };
  const sealed = aesGcmEncrypt(input, Buffer.from("plain text of a secret"));
  expect(aesGcmDecrypt(input, sealed)?.toString()).toBe("plain text of a secret");
  for (let cut = 1; cut <= 16; cut += 1)
    expect(aesGcmDecrypt(input, sealed.subarray(0, -cut))).toBeUndefined();
  expect(aesGcmDecrypt(input, sealed.subarray(0, 4))).toBeUndefined();
});
