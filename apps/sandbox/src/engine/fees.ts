// Commission: a share of what each party receives, rounded down, in the asset received.

import { multiply, parseDecimal } from "./decimal.ts";

/** An account's rates, as scaled fractions (0.001 = 0.1 %). */
export interface CommissionRates {
  readonly maker: bigint;
  readonly taker: bigint;
}

export const standardRates: CommissionRates = { maker: parseDecimal("0.001"), taker: parseDecimal("0.001") };
export const houseRates: CommissionRates = { maker: 0n, taker: 0n };

/** The commission on a received amount. */
export function commissionOn(received: bigint, rates: CommissionRates, isMaker: boolean): bigint {
  return multiply(received, isMaker ? rates.maker : rates.taker);
}
