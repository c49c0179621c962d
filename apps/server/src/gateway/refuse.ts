/**
 * What a step threw, as the refusal that the bot gets. An error that is no refusal is our fault: the bot learns only
 * that, the log learns the rest. A refusal of a proven caller is entered in the record, so many a second and no more.
 */
import type { Journal } from "../audit/journal.ts";
import type { VerifyingClock } from "../base/clock.ts";
import { reasonOf } from "../base/log.ts";
import type { Log } from "../base/log.ts";
import type { Arrival } from "./arrival.ts";
import type { Authenticated } from "./authenticate.ts";
import { Refusal } from "./refusal.ts";

/** Refusals entered a second; the next one entered says how many were not. */
export const refusalsEnteredPerSecond = 10;

/** @param known who sent it, if that was proven before the refusal. */
export type Refuse = (error: unknown, arrival: Arrival, known: Authenticated | undefined) => Refusal;

export function refuser(parts: { journal: Journal; clock: VerifyingClock; log: Log }): Refuse {
  const { journal, clock, log } = parts;
  let second = 0;
  let enteredThisSecond = 0;
  let suppressed = 0;

  function enter(refusal: Refusal, arrival: Arrival, known: Authenticated): void {
    if (known.caller === undefined) return;
    const atMs = clock.nowMs();
    if (Math.floor(atMs / 1000) !== second) {
      second = Math.floor(atMs / 1000);
      enteredThisSecond = 0;
    }
    if (enteredThisSecond >= refusalsEnteredPerSecond) {
      suppressed += 1;
      return;
    }
    enteredThisSecond += 1;
    journal.recordRefusal({
      kind: "refusal",
      atMs,
      clientKeyId: known.caller.clientKey.key.id,
      endpoint: known.parsed.endpoint.name,
      refusal: refusal.refusal,
      address: arrival.address,
      suppressed,
    });
    suppressed = 0;
  }

  return (error, arrival, known) => {
    const refusal = error instanceof Refusal ? error : new Refusal("internal-fault");
    if (!(error instanceof Refusal)) {
      const { requestId } = arrival;
      log.error("fault while handling a request", { requestId, reason: reasonOf(error) });
    }
    if (known !== undefined) enter(refusal, arrival, known);
    return refusal;
  };
}
