/** ④ May this key do this? Reads the wish from the judged parameters and asks the policy; no rule means no. */
import type { ClientKey } from "../keys/client-key.ts";
import { judge } from "../policy/verdict.ts";
import type { Wish } from "../policy/verdict.ts";
import type { Accepted } from "./accepted-once.ts";
import type { Caller } from "./authenticate.ts";
import type { Parsed } from "./parse.ts";
import { Refusal } from "./refusal.ts";

/** A request that the policy allows. Only `authorize` makes one. */
class Authorized {
  readonly #step = "authorized";
  readonly accepted: Accepted;
  readonly parsed: Parsed;
  readonly caller: Caller | undefined;

  constructor(accepted: Accepted) {
    this.accepted = accepted;
    this.parsed = accepted.authenticated.parsed;
    this.caller = accepted.authenticated.caller;
  }

  get step(): string {
    return this.#step;
  }
}
export type { Authorized };

/** @throws Refusal that the policy's verdict names. */
export function authorize(accepted: Accepted): Authorized {
  const { caller, parsed } = accepted.authenticated;
  if (caller !== undefined) requireAllowed(parsed, caller.clientKey.key);
  return new Authorized(accepted);
}

function requireAllowed(parsed: Parsed, { grant }: ClientKey): void {
  const verdict = judge(wishOf(parsed), grant);
  if (!verdict.allowed) throw new Refusal(verdict.refusal);
}

function wishOf({ endpoint, params }: Parsed): Wish {
  const trades = endpoint.security === "TRADE";
  return {
    permission: trades ? "enableSpotAndMarginTrading" : "enableReading",
    trades,
    symbol: params.get("symbol"),
  };
}
