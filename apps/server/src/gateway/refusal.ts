/** A request answered by us: a name in the refusal table and the public facts of its sentence. Steps throw it. */
import { refusalMessage, refusals } from "@countersign/contract";
import type { RefusalName } from "@countersign/contract";
import { errorAnswer } from "./answer.ts";
import type { Answer } from "./answer.ts";

export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly refusal: RefusalName;
  readonly facts: readonly (string | number)[];
  /** Seconds, where the answer should say when to come back. */
  readonly retryAfterSeconds: number | undefined;

  constructor(refusal: RefusalName, facts: readonly (string | number)[] = [], retryAfterSeconds?: number) {
    super(refusal);
    this.refusal = refusal;
    this.facts = facts;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The answer to a refusal, in Binance's format: `{"code":…,"msg":…}` with Binance's status. */
export function refusalAnswer({ refusal, facts, retryAfterSeconds }: Refusal): Answer {
  const { status, code } = refusals[refusal];
  const headers: [string, string][] = [["x-countersign-refusal", refusal]];
  if (retryAfterSeconds !== undefined) headers.push(["retry-after", String(retryAfterSeconds)]);
  return errorAnswer({ status, code, msg: refusalMessage(refusal, facts), headers });
}
