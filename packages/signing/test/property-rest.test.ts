// What holds of REST signing for any parameters, on both implementations and between them.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { serializeParams, signRest, splitRest, verifyRest } from "../src/rest.ts";
import { freshKeys } from "./fresh-keys.ts";
import { platforms } from "./platforms.ts";

const text = fc.string({ unit: "binary", maxLength: 12 });
const name = text.filter((value) => value !== "" && value !== "signature");
const params = fc.uniqueArray(fc.tuple(name, text), { maxLength: 8, selector: ([key]) => key });

const suites = platforms.flatMap((platform) =>
  freshKeys.map((key) => ({ ...platform, key, title: `${key.algorithm}, ${platform.name}` })),
);

function flipBit(value: string, position: number): string {
  const at = Math.floor(position / 7) % value.length;
  const flipped = String.fromCharCode(value.charCodeAt(at) ^ (1 << (position % 7)));
  return value.slice(0, at) + flipped + value.slice(at + 1);
}

describe.each(suites)("$title", ({ keyring, key }) => {
  test("what is signed verifies, in the query, in the body and cut in two anywhere", async () => {
    const signer = await keyring.importSigner(key.signing);
    const verifier = await keyring.importVerifier(key.verifying);
    await fc.assert(
      fc.asyncProperty(params, fc.nat(), async (list, seed) => {
        const payload = serializeParams(list);
        const signed = await signRest(list, signer);
        expect(await verifyRest({ query: signed, body: "", verifier })).toEqual({ ok: true, payload });
        expect(await verifyRest({ query: "", body: signed, verifier })).toEqual({ ok: true, payload });
        // The border between query and body is not signed: wherever it falls, the payload is the same.
        const border = seed % (payload.length + 1);
        const query = payload.slice(0, border);
        const body = signed.slice(border);
        expect(await verifyRest({ query, body, verifier })).toEqual({ ok: true, payload });
      }),
      { numRuns: 40 },
    );
  });

  test("one flipped bit of the payload never verifies", async () => {
    const signer = await keyring.importSigner(key.signing);
    const verifier = await keyring.importVerifier(key.verifying);
    await fc.assert(
      fc.asyncProperty(params, fc.nat(), async (list, position) => {
        const payload = serializeParams(list);
        fc.pre(payload !== "");
        const { signature = "" } = splitRest(await signRest(list, signer), "");
        const bytes = new TextEncoder().encode(payload);
        const at = position % (bytes.length * 8);
        bytes[at >> 3] = (bytes[at >> 3] ?? 0) ^ (1 << (at & 7));
        expect(await verifier.verify(bytes, signature)).toBe(false);
        const query = `${flipBit(payload, position)}&signature=${encodeURIComponent(signature)}`;
        expect((await verifyRest({ query, body: "", verifier })).ok).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test("one flipped bit of the signature never verifies, but for the case of a hex digit", async () => {
    const signer = await keyring.importSigner(key.signing);
    const verifier = await keyring.importVerifier(key.verifying);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), fc.nat(), async (payload, position) => {
        const signature = await signer.sign(payload);
        const changed = flipBit(signature, position);
        const isSameHex = key.algorithm === "HMAC" && changed.toLowerCase() === signature;
        expect(await verifier.verify(payload, changed)).toBe(isSameHex);
      }),
      { numRuns: 100 },
    );
  });
});

describe.each(freshKeys)("$algorithm on both implementations", (key) => {
  test("gives the same text for the same bytes, and each verifies the other's", async () => {
    const signers = await Promise.all(platforms.map(({ keyring }) => keyring.importSigner(key.signing)));
    const verifiers = await Promise.all(
      platforms.map(({ keyring }) => keyring.importVerifier(key.verifying)),
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (payload) => {
        const texts = await Promise.all(signers.map((signer) => signer.sign(payload)));
        expect(new Set(texts).size).toBe(1);
        for (const verifier of verifiers) expect(await verifier.verify(payload, texts[0] ?? "")).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test("gives the same verdict on any text", async () => {
    const verifiers = await Promise.all(
      platforms.map(({ keyring }) => keyring.importVerifier(key.verifying)),
    );
    const base64 = fc
      .constantFrom(64, 256)
      .chain((size) =>
        fc
          .uint8Array({ minLength: size, maxLength: size })
          .map((bytes) => Buffer.from(bytes).toString("base64")),
      );
    const anything = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[0-9a-fA-F]{64}$/), base64);
    await fc.assert(
      fc.asyncProperty(anything, async (signature) => {
        const payload = new Uint8Array(3);
        for (const verifier of verifiers) expect(await verifier.verify(payload, signature)).toBe(false);
      }),
      { numRuns: 150 },
    );
  });
});

describe("serializeParams", () => {
  test("is ASCII that a form decoder reads back, with nothing bare that any encoder would encode", () => {
    fc.assert(
      fc.property(params, (list) => {
        const serialized = serializeParams(list);
        expect(serialized).toMatch(/^[A-Za-z0-9._~%&=-]*$/);
        expect(serialized.match(/%(?![0-9A-F]{2})/)).toBeNull();
        expect([...new URLSearchParams(serialized)]).toEqual(list);
      }),
    );
  });

  test("encodes what encodeURIComponent leaves bare", () => {
    expect(serializeParams([["a", "!'()* ~+/:é"]])).toBe("a=%21%27%28%29%2A%20~%2B%2F%3A%C3%A9");
  });

  test.each([
    ["lone-surrogate", [["a", "\ud800"]]],
    ["lone-surrogate", [["\udfff", "a"]]],
    ["name-empty", [["", "a"]]],
    [
      "name-duplicate",
      [
        ["a", "1"],
        ["a", "1"],
      ],
    ],
  ] as const)("refuses: %s", (code, list) => {
    expect(() => serializeParams(list)).toThrow(
      expect.objectContaining({ name: "SigningFormatError", code }),
    );
  });
});

test("signRest refuses a parameter called signature", async () => {
  const [platform] = platforms;
  const [key] = freshKeys;
  if (platform === undefined || key === undefined) throw new Error("no platform or key to test with");
  const signer = await platform.keyring.importSigner(key.signing);
  await expect(signRest([["signature", "x"]], signer)).rejects.toMatchObject({ code: "name-reserved" });
});

test("whatever a client sends, splitting accounts for every character or refuses", () => {
  const piece = fc.constantFrom(
    "signature=ab",
    "signature=",
    "signature",
    "a=1",
    "b",
    "&",
    "",
    "%73ignature=1",
    "=",
  );
  const part = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join("&"));
  fc.assert(
    fc.property(part, part, (query, body) => {
      const pairs = [...query.split("&"), ...body.split("&")];
      const count = pairs.filter((pair) => /^signature(?:=|$)/.test(pair)).length;
      const isClean =
        !pairs.some((pair) => pair.startsWith("%73")) && !pairs.some((pair) => /^signature=?$/.test(pair));
      if (count > 1 || !isClean) {
        expect(() => splitRest(query, body)).toThrow(expect.objectContaining({ name: "SigningFormatError" }));
        return;
      }
      const { payload, signature, signatureIn } = splitRest(query, body);
      if (count === 0) {
        expect({ payload, signature, signatureIn }).toEqual({
          payload: query + body,
          signature: undefined,
          signatureIn: undefined,
        });
        return;
      }
      expect(signature).toBe("ab");
      const holder = signatureIn === "query" ? query : body;
      const isAlone = holder === "signature=ab";
      expect(payload).toHaveLength(query.length + body.length - "signature=ab".length - (isAlone ? 0 : 1));
    }),
    { numRuns: 1_000 },
  );
});
