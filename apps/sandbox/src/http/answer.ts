// Turns outcomes into HTTP answers in Binance's form: status, JSON, usage headers. It decides nothing.

import type { Json } from "../endpoints/endpoint.ts";
import { Refusal, refusals } from "../errors.ts";
import type { SeededRandom } from "../market/random.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const jsonType = "application/json;charset=UTF-8";

/** An answer with a JSON body. */
export function jsonAnswer(
  status: number,
  body: Json,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, headers: { "content-type": jsonType, ...headers }, body: JSON.stringify(body) };
}

/** `{code, msg}` with its status. */
export function refusalAnswer(refusal: Refusal, headers: Readonly<Record<string, string>> = {}): Answer {
  return jsonAnswer(refusal.httpStatus, { code: refusal.code, msg: refusal.message }, headers);
}

/** What was thrown, as a refusal; anything unforeseen becomes -1000 and says nothing of the inside. */
export function asRefusal(thrown: unknown): Refusal {
  return thrown instanceof Refusal ? thrown : refusals.internal();
}

/** An opaque id for `x-mbx-uuid`. */
export function answerId(random: SeededRandom): string {
  const hex = Array.from({ length: 4 }, () => random.next().toString(16).padStart(8, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
