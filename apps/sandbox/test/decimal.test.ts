// Scaled amounts: reading and writing are inverse, arithmetic rounds down, nothing passes through a float.

import fc from "fast-check";
import { expect, test } from "vitest";
import { divide, floorTo, formatDecimal, multiply, one, parseDecimal } from "../src/engine/decimal.ts";

const amounts = fc.bigInt({ min: 0n, max: 10n ** 20n });

test("what is written reads back the same", () => {
  fc.assert(
    fc.property(amounts, (amount) => {
      expect(parseDecimal(formatDecimal(amount))).toBe(amount);
    }),
  );
});

test.each([
  ["0", "0.00000000"],
  ["1", "1.00000000"],
  ["0.1", "0.10000000"],
  ["0.00000001", "0.00000001"],
  ["00012.50", "12.50000000"],
  ["92233720368.54775807", "92233720368.54775807"],
  ["1.1234567800000", "1.12345678"],
])("%s is %s", (text, written) => {
  expect(formatDecimal(parseDecimal(text))).toBe(written);
});

test.each(["", ".", "1.", ".5", "-1", "+1", "1e5", "0x1", " 1", "1,0", "0.000000001", "１"])(
  "%j is no amount",
  (text) => {
    expect(() => parseDecimal(text)).toThrow(RangeError);
  },
);

test("negative amounts keep their sign", () => {
  expect(formatDecimal(-1n)).toBe("-0.00000001");
  expect(formatDecimal(-150_000_000n)).toBe("-1.50000000");
});

test("products and quotients never round up", () => {
  fc.assert(
    fc.property(amounts, fc.bigInt({ min: 1n, max: 10n ** 20n }), (left, right) => {
      expect(multiply(left, right) * one <= left * right).toBe(true);
      expect((multiply(left, right) + 1n) * one > left * right).toBe(true);
      expect(multiply(divide(left, right), right) <= left).toBe(true);
    }),
  );
});

test("flooring gives a multiple not above the amount", () => {
  fc.assert(
    fc.property(amounts, fc.bigInt({ min: 0n, max: 10n ** 10n }), (amount, step) => {
      const floored = floorTo(amount, step);
      expect(floored <= amount && amount - floored < (step === 0n ? 1n : step)).toBe(true);
      expect(step === 0n || floored % step === 0n).toBe(true);
    }),
  );
});
