/**
 * The named grammars of parameter values. None takes any text: a value that a grammar passes contains no control
 * character, no separator, and nothing that a venue could read in two ways.
 * Sources: the legal ranges Binance prints in its own -1100 answers; enums.md.
 */
import { Refusal } from "./refusal.ts";

interface Grammar {
  readonly pattern: RegExp;
  /** The refusal of a value that does not match, given the parameter's name. */
  refuse(name: string): Refusal;
}

/** A grammar whose refusal prints the legal range, as Binance's does. */
function range(pattern: RegExp, printed = pattern.source): Grammar {
  return { pattern, refuse: (name) => new Refusal("parameter-characters", [name, printed]) };
}

/** A closed list of words. */
function words(list: readonly string[], refuse: (name: string) => Refusal): Grammar {
  return { pattern: new RegExp(`^(?:${list.join("|")})$`), refuse };
}

const badValue = (name: string): Refusal => new Refusal("parameter-value", [name]);

/** One symbol: capitals, digits, `_ . -`, and the letters and digits of other scripts (listed since 2025-12). */
const symbolCharacters = String.raw`[A-Z0-9_.\-\p{Lo}\p{Nd}]{1,50}`;
/** Binance prints it in Java's syntax. */
const symbolPrinted = String.raw`^[\w\-._&&[^a-z]]{1,50}$`;
const symbolsPrinted = String.raw`^\[("[\w\-._&&[^a-z]]{1,50}"(,"[\w\-._&&[^a-z]]{1,50}"){0,}){0,1}\]$`;
const permissionWord = "[A-Z0-9_]{1,32}";
const intervals = "1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M".split(" ");
const preventionModes = ["NONE", "EXPIRE_MAKER", "EXPIRE_TAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER"];

export const grammars = {
  boolean: words(["true", "false"], badValue),
  cancelRestrictions: words(["ONLY_NEW", "ONLY_PARTIALLY_FILLED"], badValue),
  clientOrderId: range(/^[.A-Z:/a-z0-9_-]{1,36}$/),
  decimal: range(/^([0-9]{1,20})(\.[0-9]{1,20})?$/),
  integer: range(/^[0-9]{1,20}$/),
  interval: words(intervals, () => new Refusal("interval-unknown")),
  orderType: words(["LIMIT", "MARKET"], () => new Refusal("order-type-not-served")),
  permissions: range(
    new RegExp(`^(?:${permissionWord}|\\["${permissionWord}"(?:,"${permissionWord}"){0,31}\\])$`),
  ),
  recvWindow: range(/^[0-9]{1,20}(\.[0-9]{1,3})?$/),
  responseType: words(["ACK", "RESULT", "FULL"], badValue),
  selfTradePrevention: words(preventionModes, badValue),
  side: words(["BUY", "SELL"], () => new Refusal("side-unknown")),
  symbol: range(new RegExp(`^${symbolCharacters}$`, "u"), symbolPrinted),
  symbols: range(
    new RegExp(`^\\[(?:"${symbolCharacters}"(?:,"${symbolCharacters}"){0,}){0,1}\\]$`, "u"),
    symbolsPrinted,
  ),
  tickerType: words(["FULL", "MINI"], badValue),
  timeInForce: words(["GTC", "IOC", "FOK"], () => new Refusal("time-in-force-unknown")),
  timeZone: range(/^[+-]?[0-9]{1,2}(:[0-9]{2})?$/),
} as const satisfies Record<string, Grammar>;

export type GrammarName = keyof typeof grammars;

/** Passes a decoded, non-empty value or throws the refusal that its grammar names. */
export function checkValue(name: string, value: string, grammar: GrammarName): void {
  if (!grammars[grammar].pattern.test(value)) throw grammars[grammar].refuse(name);
}
