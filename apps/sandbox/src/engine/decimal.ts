// Amounts as bigint scaled by 10^8, the precision Binance Spot uses everywhere. No floats may touch money.

export const decimalPlaces = 8;
export const one = 10n ** BigInt(decimalPlaces);

const shape = /^(\d{1,20})(?:\.(\d{1,20}))?$/;

/**
 * Reads a plain decimal text into a scaled amount.
 * @throws RangeError for another shape or more than eight significant decimals.
 */
export function parseDecimal(text: string): bigint {
  const match = shape.exec(text);
  const fraction = (match?.[2] ?? "").replace(/0+$/, "");
  if (match?.[1] === undefined || fraction.length > decimalPlaces)
    throw new RangeError(`not a decimal: ${text}`);
  return BigInt(match[1]) * one + BigInt(fraction.padEnd(decimalPlaces, "0"));
}

/** Writes a scaled amount with exactly eight decimals, as every Binance answer does. */
export function formatDecimal(amount: bigint): string {
  const sign = amount < 0n ? "-" : "";
  const digits = (amount < 0n ? -amount : amount).toString().padStart(decimalPlaces + 1, "0");
  return `${sign}${digits.slice(0, -decimalPlaces)}.${digits.slice(-decimalPlaces)}`;
}

/** Product of two scaled amounts, rounded down. */
export function multiply(left: bigint, right: bigint): bigint {
  return (left * right) / one;
}

/** Quotient of two scaled amounts, rounded down; the divisor must not be zero. */
export function divide(left: bigint, right: bigint): bigint {
  return (left * one) / right;
}

/** The largest multiple of `step` that is not above `amount`; step 0 means any amount will do. */
export function floorTo(amount: bigint, step: bigint): bigint {
  return step === 0n ? amount : amount - (amount % step);
}
