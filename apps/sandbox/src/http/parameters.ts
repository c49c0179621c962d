// The grammar of parameters: which kinds there are, their legal ranges in Binance's words, and the checks that
// come before any key is looked at. A parameter an endpoint does not list is refused.

import { parseDecimal } from "../engine/decimal.ts";
import { type Refusal, illegalRange, refusals, unreadParameters } from "../errors.ts";
import { timestampMs } from "../auth/timing.ts";

export interface ParameterSpec {
  readonly name: string;
  readonly kind: ParameterKind;
  readonly mandatory?: boolean;
}

interface Grammar {
  readonly legal: RegExp;
  /** What is thrown for a value outside; the name is the parameter's. */
  readonly refuse: (name: string) => Refusal;
}

const ranged = (legal: RegExp, range: string): Grammar => ({
  legal,
  refuse: (name) => illegalRange(name, range),
});
const listed = (values: readonly string[], refuse: (name: string) => Refusal): Grammar => ({
  legal: new RegExp(`^(?:${values.join("|")})$`),
  refuse,
});

// Binance prints Java patterns; these say the same, with letters and digits of every script as its Unicode symbols need.
const symbolCharacter = String.raw`(?![a-z])[\p{L}\p{N}_.\-]`;
const symbolRange = String.raw`^[\w\-._&&[^a-z]]{1,50}$`;
const symbolsRange = String.raw`^\[("[\w\-._&&[^a-z]]{1,50}"(,"[\w\-._&&[^a-z]]{1,50}"){0,}){0,1}\]$`;
const quotedSymbol = `"(?:${symbolCharacter}){1,50}"`;
const decimalRange = String.raw`^([0-9]{1,20})(\.[0-9]{1,20})?$`;

const grammars = {
  symbol: ranged(new RegExp(`^(?:${symbolCharacter}){1,50}$`, "u"), symbolRange),
  symbols: ranged(new RegExp(`^\\[(?:${quotedSymbol}(?:,${quotedSymbol})*)?\\]$`, "u"), symbolsRange),
  integer: ranged(/^[0-9]{1,20}$/, "^[0-9]{1,20}$"),
  decimal: ranged(/^[0-9]{1,20}(?:\.[0-9]{1,20})?$/, decimalRange),
  clientOrderId: ranged(/^[a-zA-Z0-9_-]{1,36}$/, "^[a-zA-Z0-9-_]{1,36}$"),
  boolean: listed(["true", "false", "TRUE", "FALSE"], refusals.invalidData),
  side: listed(["BUY", "SELL"], refusals.side),
  orderType: listed(
    ["LIMIT", "MARKET", "LIMIT_MAKER", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"],
    refusals.orderType,
  ),
  timeInForce: listed(["GTC", "IOC", "FOK"], refusals.timeInForce),
  responseType: listed(["ACK", "RESULT", "FULL"], refusals.invalidData),
  selfTradePrevention: listed(
    ["NONE", "EXPIRE_MAKER", "EXPIRE_TAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER"],
    refusals.invalidData,
  ),
  cancelRestrictions: listed(["ONLY_NEW", "ONLY_PARTIALLY_FILLED"], refusals.cancelRestrictions),
  interval: listed(
    ["1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"],
    refusals.interval,
  ),
  tickerType: listed(["FULL", "MINI"], refusals.tickerType),
  symbolStatus: listed(["TRADING", "END_OF_DAY", "HALT", "BREAK", "CANCEL_ONLY"], refusals.symbolStatus),
  timeZone: {
    legal: /^(?:[+-]?(?:0?\d|1[0-4])(?::[0-5]\d)?)$/,
    refuse: refusals.invalidData,
  },
  permissions: {
    legal: /^(?:[A-Z0-9_]{1,40}|\[(?:"[A-Z0-9_]{1,40}"(?:,"[A-Z0-9_]{1,40}")*)?\])$/,
    refuse: refusals.invalidData,
  },
  text: { legal: /^[\x20-\x7e]{1,64}$/, refuse: refusals.invalidData },
} satisfies Record<string, Grammar>;

export type ParameterKind = keyof typeof grammars;

const longMax = 2n ** 63n - 1n;

/** The parameters of one request, past their grammar. Names are the endpoint's own. */
export class RequestParameters {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** A parameter the endpoint's table or an earlier check has made sure of. @throws Refusal -1102 */
  need(name: string): string {
    const value = this.#values.get(name);
    if (value === undefined) throw refusals.missing(name);
    return value;
  }

  flag(name: string): boolean {
    return this.#values.get(name)?.toLowerCase() === "true";
  }

  /** @throws Refusal -1108 outside a signed 64-bit number */
  integer(name: string): number | undefined {
    const value = this.#values.get(name);
    if (value === undefined) return undefined;
    if (BigInt(value) > longMax) throw refusals.overflow(name);
    return Number(value);
  }

  /** Epoch milliseconds, whichever of the two units was sent. */
  time(name: string): number | undefined {
    const value = this.integer(name);
    return value === undefined ? undefined : timestampMs(String(value));
  }

  /** A scaled amount. @throws Refusal -1108, -1111 */
  decimal(name: string): bigint | undefined {
    const value = this.#values.get(name);
    if (value === undefined) return undefined;
    if (/\.\d{8}\d*[1-9]/.test(value)) throw refusals.precision(name);
    const amount = parseDecimal(value);
    if (amount > longMax) throw refusals.overflow(name);
    return amount;
  }

  /** A count with its default, cut to the maximum. @throws Refusal -1130 for 0 */
  limit(defaultCount: number, countMax: number): number {
    const value = this.integer("limit");
    if (value === 0) throw refusals.invalidData("limit");
    return Math.min(value ?? defaultCount, countMax);
  }
}

/**
 * Holds what was sent against an endpoint's table.
 * @param beyond how many parameters the caller read itself (the signature)
 * @throws Refusal -1100, -1101, -1102, -1104, -1105 and the kinds' own codes
 */
export function checkParameters(
  specs: readonly ParameterSpec[],
  sent: ReadonlyMap<string, string>,
  beyond: number,
): RequestParameters {
  let read = beyond;
  for (const { name, kind, mandatory } of specs) {
    const value = sent.get(name);
    if (value === undefined) {
      if (mandatory === true) throw refusals.missing(name);
      continue;
    }
    if (value === "") throw refusals.empty(name);
    const grammar: Grammar = grammars[kind];
    if (!grammar.legal.test(value)) throw grammar.refuse(name);
    read += 1;
  }
  if (sent.size + beyond > read) throw unreadParameters(specs.length === 0 ? 0 : read, sent.size + beyond);
  return new RequestParameters(sent);
}
