// What holds of the WebSocket API's signing for any parameters, and of the frame scanner beside JSON.parse.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SigningFormatError } from "../src/errors.ts";
import { parseWsParams, wsTextCharsMax } from "../src/ws-params.ts";
import { signWs, verifyWs, wsPayload } from "../src/ws.ts";
import { freshKeys } from "./fresh-keys.ts";
import { platforms } from "./platforms.ts";

// oxlint-disable-next-line no-control-regex
const isPlain = (value: string): boolean => !/[&=%\u0000-\u001f\u007f-\u009f]/.test(value);
const text = fc.string({ unit: "binary", maxLength: 10 }).filter(isPlain);
const name = text.filter((value) => value !== "" && value !== "signature");
const params = fc
  .uniqueArray(fc.tuple(name, text), { maxLength: 8, selector: ([key]) => key })
  .map((list) => new Map(list));

const suites = platforms.flatMap((platform) =>
  freshKeys.map((key) => ({ ...platform, key, title: `${key.algorithm}, ${platform.name}` })),
);

describe.each(suites)("$title", ({ keyring, key }) => {
  test("what is signed verifies in any order, also through a frame, and not with a value changed", async () => {
    const signer = await keyring.importSigner(key.signing);
    const verifier = await keyring.importVerifier(key.verifying);
    await fc.assert(
      fc.asyncProperty(params, fc.nat(), async (map, seed) => {
        const signature = await signWs(map, signer);
        const reversed = new Map([...map, ["signature", signature] as const].toReversed());
        const payload = wsPayload(map);
        expect(await verifyWs(reversed, verifier)).toEqual({ ok: true, payload });
        const frame = JSON.stringify(Object.fromEntries(reversed));
        expect(await verifyWs(parseWsParams(frame), verifier)).toEqual({ ok: true, payload });
        const names = [...map.keys()];
        const victim = names[seed % Math.max(names.length, 1)] ?? "added";
        const changed = new Map(reversed).set(victim, `${map.get(victim) ?? ""}x`);
        expect(await verifyWs(changed, verifier)).toEqual({ ok: false, reason: "signature-wrong" });
        expect(await verifyWs(map, verifier)).toEqual({ ok: false, reason: "signature-missing" });
      }),
      { numRuns: 40 },
    );
  });
});

test("the payload can be read back to exactly the parameters it was made of", () => {
  fc.assert(
    fc.property(params, (map) => {
      const payload = wsPayload(map);
      const pairs = payload === "" ? [] : payload.split("&").map((pair) => pair.split("="));
      expect(pairs).toEqual([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
    }),
    { numRuns: 500 },
  );
});

test("whatever could pretend to be a border is refused, in names and in values", () => {
  const mark = fc.constantFrom("&", "=", "%", "\u0000", "\n", "\u001f", "\u007f", "\u009f");
  fc.assert(
    fc.property(params, text, mark, text, fc.boolean(), (map, before, character, after, isName) => {
      const spoilt = before + character + after;
      const entry: readonly [string, string] = isName ? [spoilt, ""] : ["spoilt", spoilt];
      const refusal = expect.objectContaining({ code: "character-forbidden" });
      const bad = new Map([...map, entry]);
      expect(() => wsPayload(bad)).toThrow(refusal);
      expect(() => parseWsParams(JSON.stringify(Object.fromEntries(bad)))).toThrow(refusal);
    }),
  );
});

test("a map built by hand is held to the same rules as a frame", async () => {
  const [platform] = platforms;
  const [key] = freshKeys;
  if (platform === undefined || key === undefined) throw new Error("no platform or key to test with");
  const signer = await platform.keyring.importSigner(key.signing);
  const verifier = await platform.keyring.importVerifier(key.verifying);
  const ambiguous = new Map([["price", "1&quantity=100"]]);
  await expect(signWs(ambiguous, signer)).rejects.toMatchObject({ code: "character-forbidden" });
  const signed = ambiguous.set("signature", "00");
  expect(await verifyWs(signed, verifier)).toEqual({ ok: false, reason: "signature-malformed" });
});

describe("parseWsParams beside JSON.parse", () => {
  const value = fc.oneof(
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
  );
  // JSON.stringify would reorder names that look like array indexes; the text is put together by hand instead.
  const objects = fc.uniqueArray(fc.tuple(name, value), { maxLength: 12, selector: ([key]) => key });
  const spaces = fc.constantFrom("", " ", "\n", "\t\r ");

  test("reads the same names and values from any flat object", () => {
    fc.assert(
      fc.property(objects, spaces, (list, space) => {
        const pairs = list.map(
          ([key, item]) => `${JSON.stringify(key)}${space}:${space}${JSON.stringify(item)}`,
        );
        const json = `${space}{${space}${pairs.join(`${space},${space}`)}${space}}${space}`;
        const parsed = parseWsParams(json);
        const oracle = new Map(Object.entries(JSON.parse(json) as Record<string, unknown>));
        expect([...parsed.keys()]).toEqual(list.map(([key]) => key));
        for (const [key, item] of oracle) {
          const literal = parsed.get(key) ?? "";
          if (typeof item === "string") expect(literal).toBe(item);
          else expect(JSON.parse(literal)).toEqual(item);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("accepts nothing that JSON.parse refuses", () => {
    const tokens = fc.constantFrom(
      "{",
      "}",
      '"a"',
      '"b"',
      ":",
      ",",
      "1",
      "-0",
      "1.0e+5",
      "01",
      "true",
      "null",
      " ",
      "[",
      '"\\u0041"',
      '"',
      "\\",
    );
    const soup = fc.array(tokens, { maxLength: 9 }).map((list) => `{${list.join("")}`);
    fc.assert(
      fc.property(
        fc.oneof(
          soup,
          soup.map((body) => `${body}}`),
          fc.string(),
        ),
        (json) => {
          let parsed: Map<string, string>;
          try {
            parsed = parseWsParams(json);
          } catch (error) {
            expect(error).toBeInstanceOf(SigningFormatError);
            return;
          }
          const oracle: unknown = JSON.parse(json);
          expect(Object.keys(oracle as object).sort()).toEqual([...parsed.keys()].sort());
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test("keeps a number as it was written, whatever it would round to", () => {
    const digits = fc.stringMatching(/^-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?$/);
    fc.assert(
      fc.property(digits, (literal) => {
        expect(parseWsParams(`{"a":${literal}}`).get("a")).toBe(literal);
      }),
    );
  });

  test("stops at the length limit, and reads up to it", () => {
    const longest = `{"a":"${"x".repeat(wsTextCharsMax - 8)}"}`;
    expect(longest).toHaveLength(wsTextCharsMax);
    expect(parseWsParams(longest).get("a")).toHaveLength(wsTextCharsMax - 8);
    expect(() => parseWsParams(`${longest} `)).toThrow(expect.objectContaining({ code: "text-too-long" }));
  });
});
