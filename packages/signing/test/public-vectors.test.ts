// RFC 4231 and Wycheproof, read from beside the project where they are present. Absent ones are announced, and their
// suites are reported as skipped rather than passed.

import { createPublicKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { KeyFormatError } from "../src/errors.ts";
import { platforms } from "./platforms.ts";
import { readPublicVectors } from "./vector-files.ts";

interface Wycheproof<Group> {
  testGroups: Group[];
}
interface MacGroup {
  tagSize: number;
  tests: { tcId: number; key: string; msg: string; tag: string; result: string }[];
}
interface SignatureGroup {
  publicKeyPem: string;
  tests: { tcId: number; msg: string; sig: string; result: string; flags: string[] }[];
}

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));
const rfc4231 = readPublicVectors("rfc-4231-sha256.txt");
const mac = readPublicVectors("hmac_sha256_test.json");
const ed25519 = readPublicVectors("ed25519_test.json");
const rsa = readPublicVectors("rsa_signature_2048_sha256_test.json");

function read<Group>(text: string | undefined): Group[] {
  return text === undefined ? [] : (JSON.parse(text) as Wycheproof<Group>).testGroups;
}

function readRfc(text: string): { key: string; message: string; tag: string }[] {
  const fields = /Key = (?<key>[0-9a-f]*)[^]*?Msg = (?<message>[0-9a-f]*)[^]*?MD = (?<tag>[0-9a-f]{64})/g;
  return [...text.matchAll(fields)].map(({ groups = {} }) => ({
    key: groups["key"] ?? "",
    message: groups["message"] ?? "",
    tag: groups["tag"] ?? "",
  }));
}

describe.runIf(rfc4231 !== undefined).each(platforms)("RFC 4231 on $name", ({ platform }) => {
  test("every tag is made and verified, and none with its last bit changed", async () => {
    const cases = readRfc(rfc4231 ?? "");
    expect(cases).toHaveLength(6);
    for (const { key, message, tag } of cases) {
      const hmac = await platform.hmac(hex(key));
      expect(await hmac.sign(hex(message))).toSatisfy((made: Uint8Array) =>
        Buffer.from(made).equals(hex(tag)),
      );
      expect(await hmac.verify(hex(message), hex(tag))).toBe(true);
      const changed = hex(tag);
      changed[31] = (changed[31] ?? 0) ^ 1;
      expect(await hmac.verify(hex(message), changed)).toBe(false);
    }
  });
});

describe.runIf(mac !== undefined).each(platforms)("Wycheproof HMAC-SHA256 on $name", ({ platform }) => {
  test("full tags by their result, and truncated ones never", async () => {
    const counts = { full: 0, truncated: 0 };
    for (const { tagSize, tests } of read<MacGroup>(mac)) {
      for (const { tcId, key, msg, tag, result } of tests) {
        const hmac = await platform.hmac(hex(key));
        const isFull = tagSize === 256;
        counts[isFull ? "full" : "truncated"] += 1;
        expect(await hmac.verify(hex(msg), hex(tag)), `tcId ${tcId}`).toBe(isFull && result === "valid");
      }
    }
    expect(counts).toEqual({ full: 87, truncated: 87 });
  });
});

describe.runIf(ed25519 !== undefined).each(platforms)("Wycheproof Ed25519 on $name", ({ keyring }) => {
  test("every signature by its result, keys imported as a client's would be", async () => {
    let count = 0;
    for (const { publicKeyPem, tests } of read<SignatureGroup>(ed25519)) {
      const verifier = await keyring.importVerifier({ algorithm: "ED25519", publicKeyPem });
      for (const { tcId, msg, sig, result } of tests) {
        const signature = Buffer.from(sig, "hex").toString("base64");
        expect(await verifier.verify(hex(msg), signature), `tcId ${tcId}`).toBe(result === "valid");
        count += 1;
      }
    }
    expect(count).toBe(151);
  });
});

describe.runIf(rsa !== undefined).each(platforms)("Wycheproof RSA on $name", ({ keyring, platform }) => {
  test("every signature by its result; what is merely acceptable (no NULL) is refused", async () => {
    let count = 0;
    for (const { publicKeyPem, tests } of read<SignatureGroup>(rsa)) {
      const spki = createPublicKey(publicKeyPem).export({ type: "spki", format: "der" });
      const key = await platform.publicKey("RSA", spki);
      for (const { tcId, msg, sig, result } of tests) {
        expect(await key.verify(hex(msg), hex(sig)), `tcId ${tcId}`).toBe(result === "valid");
        count += 1;
      }
    }
    expect(count).toBe(259);
  });

  test("through the door, keys with exponent 3 do not come in at all", async () => {
    const outcomes = { imported: 0, refused: 0 };
    for (const { publicKeyPem, tests } of read<SignatureGroup>(rsa)) {
      const verifier = await keyring
        .importVerifier({ algorithm: "RSA", publicKeyPem })
        .catch((error: unknown) => error);
      if (verifier instanceof KeyFormatError) {
        expect(verifier.code).toBe("rsa-exponent");
        outcomes.refused += 1;
        continue;
      }
      outcomes.imported += 1;
      const imported = await keyring.importVerifier({ algorithm: "RSA", publicKeyPem });
      for (const { tcId, msg, sig, result } of tests) {
        const signature = Buffer.from(sig, "hex").toString("base64");
        expect(await imported.verify(hex(msg), signature), `tcId ${tcId}`).toBe(result === "valid");
      }
    }
    expect(outcomes.imported).toBeGreaterThan(0);
    expect(outcomes.refused).toBeGreaterThan(0);
  });
});
