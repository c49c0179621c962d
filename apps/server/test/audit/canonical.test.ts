/** Canonical JSON: one value, one text. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../src/audit/canonical.ts";
import type { CanonicalValue } from "../../src/audit/canonical.ts";
import { entryBytesMax, entryText } from "../../src/audit/entry.ts";

const wellFormed = fc.string({ unit: "binary" }).filter((text) => text.isWellFormed());
const value = fc.letrec<{ value: CanonicalValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    wellFormed,
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value")),
    fc.dictionary(wellFormed, tie("value")),
  ),
})).value;

/** The same value with the members of every object in another order. */
function shuffled(input: CanonicalValue): CanonicalValue {
  if (Array.isArray(input)) return input.map(shuffled);
  if (typeof input !== "object" || input === null) return input;
  return Object.fromEntries(
    Object.entries(input)
      .toReversed()
      .map(([name, each]) => [name, shuffled(each)]),
  );
}

describe("canonical JSON", () => {
  test("reads back as the same value, whatever the order of members", () => {
    fc.assert(
      fc.property(value, (input) => {
        const text = canonicalJson(input);
        // -0 is written 0 (RFC 8785, 3.2.2.3).
        expect(JSON.stringify(JSON.parse(text))).toBe(
          JSON.stringify(JSON.parse(canonicalJson(shuffled(input)))),
        );
        expect(canonicalJson(shuffled(input))).toBe(text);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  test("sorts names by UTF-16 code unit, as RFC 8785 section 3.2.3 shows", () => {
    const input = { "€": 1, "\r": 2, "1": 3, "😀": 4, "\u0080": 5, ö: 6, "\ufb33": 7 };
    expect(canonicalJson(input)).toBe('{"\\r":2,"1":3,"\u0080":5,"ö":6,"€":1,"😀":4,"\ufb33":7}');
  });

  test.each([[0.5], [Number.NaN], [2 ** 53]])("refuses the number %d", (number) => {
    expect(() => canonicalJson(number)).toThrow(TypeError);
  });

  test("refuses a lone surrogate", () => {
    expect(() => canonicalJson("\ud800")).toThrow(TypeError);
  });
});

describe("an entry", () => {
  const act = { kind: "act", atMs: 1, act: "client-key.issue", by: "local", subject: "x" } as const;

  test("is canonical and says its version", () => {
    expect(entryText({ ...act, detail: { b: 1, a: [null, true] } })).toBe(
      '{"act":"client-key.issue","atMs":1,"by":"local","detail":{"a":[null,true],"b":1},"kind":"act","subject":"x","v":1}',
    );
  });

  test("longer than a tlog leaf may be is refused", () => {
    expect(() => entryText({ ...act, detail: { text: "x".repeat(entryBytesMax) } })).toThrow(RangeError);
  });
});
