/** What an operator asks for, read strictly. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseGrant, parseLabel, symbolsMax } from "../../src/keys/grant-input.ts";
import type { GrantInput } from "../../src/keys/grant-input.ts";

const base: GrantInput = { permissions: [], addresses: "any", symbols: "any", venueKeyId: "vk_1" };
const trading = { permissions: ["enableSpotAndMarginTrading"] };
const refused = (change: Partial<GrantInput>, code: string): void =>
  expect(() => parseGrant({ ...base, ...change })).toThrow(
    expect.objectContaining({ name: "KeyError", code }),
  );

describe("permissions", () => {
  test("a key starts with reading and nothing else", () => {
    expect(parseGrant(base).permissions).toEqual(["enableReading"]);
  });

  test("the rest is given by name, in one order, once", () => {
    const permissions = ["enableSpotAndMarginTrading", "enableReading", "enableReading"];
    expect(parseGrant({ ...base, permissions }).permissions).toEqual([
      "enableReading",
      "enableSpotAndMarginTrading",
    ]);
  });

  test.each(["enableWithdrawals", "enablereading", "", "toString", "__proto__", "any", "*"])(
    "%j is unknown",
    (name) => refused({ permissions: [name] }, "permission-unknown"),
  );
});

describe("symbols", () => {
  test.each(["BTCUSDT", "1000SATSUSDT", "BTC_USDT", "A.B-C", "币安人生USDT"])("%s is a symbol", (symbol) => {
    expect(parseGrant({ ...base, ...trading, symbols: [symbol] }).symbols).toEqual([symbol]);
  });

  test.each(["", "btcusdt", "BTC USDT", "BTC/USDT", "BTC&A=1", "BTC%", "A".repeat(51), "BTC\u0000", "[BTC]"])(
    "%j is none",
    (symbol) => refused({ symbols: [symbol] }, "symbol-malformed"),
  );

  test("the list has bounds", () => {
    const list = Array.from({ length: symbolsMax + 1 }, (_, index) => `S${index}`);
    expect(parseGrant({ ...base, symbols: list.slice(1) }).symbols).toHaveLength(symbolsMax);
    refused({ symbols: list }, "symbols-too-many");
    refused({ symbols: ["BTCUSDT", "ETHUSDT", "BTCUSDT"] }, "symbol-twice");
  });

  test("a key that trades says what; one that reads may name nothing", () => {
    refused({ ...trading, symbols: [] }, "symbols-none");
    expect(parseGrant({ ...base, symbols: [] }).symbols).toEqual([]);
    expect(parseGrant({ ...base, ...trading, symbols: "any" }).symbols).toBe("any");
  });
});

describe("addresses", () => {
  test("are always said, trading or not", () => {
    refused({ addresses: [] }, "addresses-none");
    refused({ ...trading, addresses: [] }, "addresses-none");
    expect(parseGrant({ ...base, ...trading, addresses: "any" }).addresses).toBe("any");
  });
});

describe("labels", () => {
  test.each([
    ["  grid bot ", "grid bot"],
    ["日本語 🤖", "日本語 🤖"],
    ["x".repeat(64), "x".repeat(64)],
  ])("%j is %j", (text, label) => expect(parseLabel(text)).toBe(label));

  test.each([
    "",
    "   ",
    "x".repeat(65),
    "a\nb",
    "a\u0000b",
    "a\u001b[31mb",
    "a\u202eb",
    "a\u200bb",
    "a\u00a0b",
    "\ud800",
  ])("%j is refused", (text) =>
    expect(() => parseLabel(text)).toThrow(expect.objectContaining({ code: "label-malformed" })),
  );

  test("whatever passes is printable and of bounded length, and passes again", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 70 }), (text) => {
        try {
          const label = parseLabel(text);
          expect(label.length).toBeLessThanOrEqual(64);
          expect(label).not.toMatch(/\p{C}|\p{Zl}|\p{Zp}/u);
          expect(parseLabel(label)).toBe(label);
        } catch (error) {
          expect(error).toMatchObject({ name: "KeyError", code: "label-malformed" });
        }
      }),
    );
  });
});
