// Importing keys: what each implementation accepts, refuses and says, and that no message quotes a key.

import { createPublicKey, generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { importSigner, importVerifier, normalizePublicKey, publicKeyOf } from "../src/index.ts";
import type { SigningKey } from "../src/index.ts";
import { isSafeEd25519Point } from "../src/ed25519-point.ts";
import { readElements, readSequence, tag, writeElement } from "../src/der.ts";
import { createKeyring } from "../src/keyring.ts";
import { decodePem, encodePem } from "../src/pem.ts";
import { decodeBase64, decodeHex, encodeBase64, encodeHex } from "../src/text-encoding.ts";
import { freshEd25519, freshKeys, freshRsa } from "./fresh-keys.ts";
import { platforms } from "./platforms.ts";

const ed25519 = freshEd25519();
const rsa = freshRsa(2_048);
const rsaOdd = freshRsa(2_056);
const payload = new TextEncoder().encode("timestamp=1578963600000");

function reworded(pem: string, change: (der: Uint8Array) => Uint8Array): string {
  return encodePem("PRIVATE KEY", change(decodePem(pem, "PRIVATE KEY")));
}

// A private key with one element too many: behind the three outer ones, or inside the wrapped key.
function withExtra(pem: string, place: "outer" | "inner"): string {
  const extra = writeElement(0x05);
  return reworded(pem, (der) => {
    const rewritten = readSequence(der).map(({ tag: kind, content }) => {
      if (kind !== tag.octetString || place === "outer") return writeElement(kind, content);
      const [wrapped] = readElements(content);
      if (wrapped?.tag !== tag.sequence) return writeElement(kind, content, extra);
      return writeElement(kind, writeElement(tag.sequence, wrapped.content, extra));
    });
    return writeElement(tag.sequence, ...rewritten, ...(place === "outer" ? [extra] : []));
  });
}

function withByte(der: Uint8Array, at: number, flip: number): Uint8Array {
  const changed = new Uint8Array(der);
  const index = at < 0 ? changed.length + at : at;
  changed[index] = (changed[index] ?? 0) ^ flip;
  return changed;
}

const encrypted = generateKeyPairSync("ed25519", {
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" },
}).privateKey;
const pkcs1 = generateKeyPairSync("rsa", {
  modulusLength: 2_048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
}).privateKey;

const refused: readonly (readonly [string, string, SigningKey])[] = [
  ["an empty secret", "secret-malformed", { algorithm: "HMAC", secret: "" }],
  ["a secret with a newline", "secret-malformed", { algorithm: "HMAC", secret: "abc\n" }],
  ["a secret with a blank", "secret-malformed", { algorithm: "HMAC", secret: "a bc" }],
  ["a secret that is not ASCII", "secret-malformed", { algorithm: "HMAC", secret: "sécret" }],
  ["a secret of 257 characters", "secret-malformed", { algorithm: "HMAC", secret: "x".repeat(257) }],
  ["no PEM at all", "pem-malformed", { algorithm: "ED25519", privateKeyPem: "hello" }],
  ["an endless text", "pem-malformed", { algorithm: "RSA", privateKeyPem: "A".repeat(8_193) }],
  [
    "a bare body",
    "pem-malformed",
    { algorithm: "ED25519", privateKeyPem: ed25519.privateKeyPem.split("\n")[1] ?? "" },
  ],
  ["an encrypted key", "pem-encrypted", { algorithm: "ED25519", privateKeyPem: encrypted }],
  ["a PKCS#1 key", "pem-wrong-kind", { algorithm: "RSA", privateKeyPem: pkcs1 }],
  ["a public key", "pem-wrong-kind", { algorithm: "ED25519", privateKeyPem: ed25519.publicKeyPem }],
  ["Ed25519 for RSA", "algorithm-mismatch", { algorithm: "RSA", privateKeyPem: ed25519.privateKeyPem }],
  ["RSA for Ed25519", "algorithm-mismatch", { algorithm: "ED25519", privateKeyPem: rsa.privateKeyPem }],
  ["RSA of 1024 bits", "rsa-modulus", { algorithm: "RSA", privateKeyPem: freshRsa(1_024).privateKeyPem }],
  [
    "RSA with exponent 3",
    "rsa-exponent",
    { algorithm: "RSA", privateKeyPem: freshRsa(2_048, 3).privateKeyPem },
  ],
  [
    "a trailing byte",
    "der-malformed",
    { algorithm: "RSA", privateKeyPem: reworded(rsa.privateKeyPem, (der) => Uint8Array.of(...der, 0)) },
  ],
  [
    "a cut key",
    "der-malformed",
    { algorithm: "ED25519", privateKeyPem: reworded(ed25519.privateKeyPem, (der) => der.subarray(0, -1)) },
  ],
  ...([ed25519, rsa] as const).flatMap(({ privateKeyPem }, index) => {
    const algorithm = index === 0 ? "ED25519" : "RSA";
    return (["outer", "inner"] as const).map((place) => {
      const key = { algorithm, privateKeyPem: withExtra(privateKeyPem, place) } as const;
      return [`${algorithm} with an extra ${place} element`, "der-malformed", key] as const;
    });
  }),
  [
    "PKCS#8 version 1",
    "der-malformed",
    { algorithm: "ED25519", privateKeyPem: reworded(ed25519.privateKeyPem, (der) => withByte(der, 4, 1)) },
  ],
  [
    // Byte 60 lies inside the modulus, which no longer fits the factors.
    "a damaged modulus",
    "key-inconsistent",
    { algorithm: "RSA", privateKeyPem: reworded(rsa.privateKeyPem, (der) => withByte(der, 60, 2)) },
  ],
];

describe.each(platforms)("$name", ({ keyring, platform }) => {
  test.each(refused)("refuses %s: %s", async (_what, code, key) => {
    await expect(keyring.importSigner(key)).rejects.toMatchObject({ name: "KeyFormatError", code });
  });

  test("a private key's text in CRLF, or without its last newline, is the same key", async () => {
    for (const { algorithm, pair } of [
      { algorithm: "ED25519", pair: ed25519 },
      { algorithm: "RSA", pair: rsa },
    ] as const) {
      const { privateKeyPem, publicKeyPem } = pair;
      for (const text of [privateKeyPem, privateKeyPem.trimEnd(), privateKeyPem.replaceAll("\n", "\r\n")]) {
        expect(await keyring.publicKeyOf({ algorithm, privateKeyPem: text })).toBe(publicKeyPem);
        const signer = await keyring.importSigner({ algorithm, privateKeyPem: text });
        const verifier = await keyring.importVerifier({ algorithm, publicKeyPem });
        expect(signer.algorithm).toBe(algorithm);
        expect(await verifier.verify(payload, await signer.sign(payload))).toBe(true);
      }
    }
  });

  test("an RSA modulus between the usual sizes has signatures of its own length", async () => {
    const signer = await keyring.importSigner({ algorithm: "RSA", privateKeyPem: rsaOdd.privateKeyPem });
    const verifier = await keyring.importVerifier({ algorithm: "RSA", publicKeyPem: rsaOdd.publicKeyPem });
    const signature = await signer.sign(payload);
    expect(decodeBase64(signature)).toHaveLength(257);
    expect(await verifier.verify(payload, signature)).toBe(true);
  });

  test("a key that signs what its public half does not accept is refused, and so is one that fails", async () => {
    const key = { algorithm: "ED25519", privateKeyPem: ed25519.privateKeyPem } as const;
    const wrong = createKeyring({
      ...platform,
      privateKey: async () => ({ sign: async () => new Uint8Array(64) }),
    });
    const broken = createKeyring({
      ...platform,
      privateKey: async () => ({ sign: () => Promise.reject(new Error("the platform's own words")) }),
    });
    for (const ring of [wrong, broken]) {
      await expect(ring.importSigner(key)).rejects.toMatchObject({ code: "key-inconsistent" });
      await expect(ring.publicKeyOf(key)).rejects.toMatchObject({ code: "key-inconsistent" });
      await expect(ring.importSigner(key)).rejects.not.toThrow("the platform's own words");
    }
  });

  test("a text of the wrong shape never reaches the platform, not even one that says yes to all", async () => {
    const yes = { verify: async () => true, sign: async () => new Uint8Array() };
    const ring = createKeyring({ ...platform, hmac: async () => yes, publicKey: async () => yes });
    for (const { algorithm, verifying } of freshKeys) {
      const verifier = await ring.importVerifier(verifying);
      const bytes = { HMAC: 32, ED25519: 64, RSA: 256 }[algorithm];
      for (let size = 0; size <= 300; size += 1) {
        const text =
          algorithm === "HMAC" ? encodeHex(new Uint8Array(size)) : encodeBase64(new Uint8Array(size));
        expect(await verifier.verify(payload, text), `${size} bytes`).toBe(size === bytes);
      }
    }
  });

  test("the caller's buffer may change as soon as the call is made", async () => {
    for (const key of freshKeys) {
      const signer = await keyring.importSigner(key.signing);
      const expected = await signer.sign(payload);
      const buffer = new Uint8Array(payload);
      const pending = signer.sign(buffer);
      buffer.fill(0);
      expect(await pending).toBe(expected);
    }
  });
});

test("no refusal quotes the key", async () => {
  for (const [, , key] of refused) {
    const secretText = key.algorithm === "HMAC" ? key.secret : key.privateKeyPem;
    const lines = secretText.split("\n").filter((line) => line.length > 8 && !line.startsWith("-----"));
    const error = await importSigner(key).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    const said = error instanceof Error ? `${error.message} ${String(error.cause)} ${error.stack ?? ""}` : "";
    for (const line of lines) expect(said).not.toContain(line);
  }
});

test("the package's own functions run on this runtime's cryptography", async () => {
  const { privateKeyPem, publicKeyPem } = ed25519;
  const signer = await importSigner({ algorithm: "ED25519", privateKeyPem });
  const verifier = await importVerifier({ algorithm: "ED25519", publicKeyPem });
  expect(await verifier.verify(payload, await signer.sign(payload))).toBe(true);
  expect(await publicKeyOf({ algorithm: "ED25519", privateKeyPem })).toBe(
    await normalizePublicKey("ED25519", publicKeyPem),
  );
});

test("any generated Ed25519 key is a safe point, and nothing of another length is", () => {
  for (let round = 0; round < 20; round += 1) {
    const spki = decodePem(freshEd25519().publicKeyPem, "PUBLIC KEY");
    expect(isSafeEd25519Point(spki.subarray(12))).toBe(true);
  }
  expect(isSafeEd25519Point(new Uint8Array(31))).toBe(false);
  expect(isSafeEd25519Point(new Uint8Array(33))).toBe(false);
});

test("base64 and hex agree with the runtime's, and each text is the only one for its bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      const base64 = encodeBase64(bytes);
      expect(base64).toBe(Buffer.from(bytes).toString("base64"));
      expect(decodeBase64(base64)).toEqual(bytes);
      const hex = encodeHex(bytes);
      expect(hex).toBe(Buffer.from(bytes).toString("hex"));
      expect(decodeHex(hex.toUpperCase())).toEqual(bytes);
    }),
  );
  const alphabet = fc.constantFrom("A", "B", "/", "+", "=", "-", "_", "\n", "z", "9", "é");
  fc.assert(
    fc.property(fc.string({ unit: alphabet, maxLength: 9 }), (text) => {
      const bytes = decodeBase64(text);
      if (bytes === undefined) expect(Buffer.from(text, "base64").toString("base64")).not.toBe(text);
      else expect(encodeBase64(bytes)).toBe(text);
    }),
    { numRuns: 2_000 },
  );
});

test("normalised keys are what the runtime exports", async () => {
  for (const bits of [2_048, 3_072]) {
    const { publicKeyPem } = freshRsa(bits);
    const exported = createPublicKey(publicKeyPem).export({ type: "spki", format: "pem" });
    expect(await normalizePublicKey("RSA", publicKeyPem.replaceAll("\n", "\r\n"))).toBe(exported);
  }
});
