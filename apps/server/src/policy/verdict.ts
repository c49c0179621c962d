/**
 * Whether a client key's rights allow what a request wants: pure, so that a verdict can be computed again from the
 * record. First refusal wins; what no rule allows is refused.
 */
import type { Permission, RefusalName } from "@countersign/contract";

/** What a request wants, read from its judged parameters. */
export interface Wish {
  readonly permission: Permission;
  /** Set for requests that trade; those without a symbol are refused. */
  readonly trades: boolean;
  readonly symbol: string | undefined;
}

/** What a key may do. */
export interface Rights {
  readonly permissions: readonly Permission[];
  readonly symbols: readonly string[] | "any";
}

export type Verdict = { readonly allowed: true } | { readonly allowed: false; readonly refusal: RefusalName };

const allowed: Verdict = { allowed: true };
const ascii = /^[\x21-\x7e]+$/;

/** The policy's answer. Symbol lists bind trading, not reading, as at Binance. */
export function judge(wish: Wish, rights: Rights): Verdict {
  if (!rights.permissions.includes(wish.permission)) return { allowed: false, refusal: "permission-missing" };
  if (wish.trades && !allowsSymbol(wish.symbol, rights.symbols)) {
    return { allowed: false, refusal: "symbol-not-allowed" };
  }
  return allowed;
}

/** A symbol in another script than ASCII has look-alikes: it trades only where the owner listed it, byte for byte. */
function allowsSymbol(symbol: string | undefined, symbols: Rights["symbols"]): boolean {
  if (symbol === undefined) return false;
  return symbols === "any" ? ascii.test(symbol) : symbols.includes(symbol);
}
