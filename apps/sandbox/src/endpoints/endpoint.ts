// What an endpoint is: a row with its security, weight, closed list of parameters and handler. Types, and the few
// things every handler needs.

import type { KeyRecord } from "../auth/keys.ts";
import type { Account } from "../engine/accounts.ts";
import type { SymbolRules } from "../engine/order.ts";
import { refusals } from "../errors.ts";
import type { ParameterSpec, RequestParameters } from "../http/parameters.ts";
import type { Venue } from "../venue.ts";

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

export interface Call {
  readonly venue: Venue;
  readonly parameters: RequestParameters;
  readonly nowMs: number;
  /** An epoch-millisecond time in the unit the client asked for, as a whole number. */
  readonly time: (timeMs: number) => number;
  /** Notes that the exchange was changed, and by which orders. */
  readonly executed: (orderIds: readonly number[]) => void;
  /** Notes accepted new orders, for the order counts. */
  readonly countOrders: (orders: number) => void;
}

/** A call whose signature, time and permission are in order. */
export interface SignedCall extends Call {
  readonly key: KeyRecord;
  readonly account: Account;
}

interface EndpointBase {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly parameters: readonly ParameterSpec[];
  /** Request weight, known from the parameters and from whether the call succeeded. */
  readonly weight: (parameters: RequestParameters | undefined, succeeded: boolean) => number;
}

export type Endpoint = EndpointBase &
  (
    | { readonly security: "NONE"; readonly handle: (call: Call) => Json }
    | { readonly security: "USER_DATA" | "TRADE"; readonly handle: (call: SignedCall) => Json }
  );

/** Always the same weight. */
export const weighs = (weight: number) => (): number => weight;

/** Order endpoints: free when they succeed (since April 2026). */
export const weighsIfFailed =
  (weight: number) =>
  (_: unknown, succeeded: boolean): number =>
    succeeded ? 0 : weight;

/** The rules of a symbol sent as a parameter. @throws Refusal -1121 */
export function symbolOf(call: Call, name = "symbol"): SymbolRules {
  const rules = call.venue.exchange.rules(call.parameters.need(name));
  if (rules === undefined) throw refusals.symbol();
  return rules;
}

/**
 * The symbols a list endpoint is asked for: one (`symbol`), some (`symbols`), or undefined for all.
 * @throws Refusal -1121 for an unknown one, -1128 for both parameters at once, and what `duplicate` makes
 */
export function chosenSymbols(call: Call, duplicate: () => Error): SymbolRules[] | undefined {
  const { parameters, venue } = call;
  const list = parameters.text("symbols");
  if (list !== undefined && parameters.has("symbol")) throw refusals.combination();
  const single = parameters.text("symbol");
  const names =
    list === undefined ? (single === undefined ? undefined : [single]) : (JSON.parse(list) as string[]);
  if (names === undefined) return undefined;
  if (new Set(names).size !== names.length) throw duplicate();
  return names.map((name) => {
    const rules = venue.exchange.rules(name);
    if (rules === undefined) throw refusals.symbol();
    return rules;
  });
}
