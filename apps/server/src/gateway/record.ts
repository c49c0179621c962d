/**
 * No record, no order (P4): a mutation's intent is on disk before anything is sent. Reads leave no entry.
 */
import { JournalUnavailable } from "../audit/journal.ts";
import type { Journal } from "../audit/journal.ts";
import type { VerifyingClock } from "../base/clock.ts";
import type { Failpoint } from "../base/failpoint.ts";
import { randomText } from "../base/random.ts";
import type { Random } from "../base/random.ts";
import type { Countersigned } from "./countersign.ts";
import { Refusal } from "./refusal.ts";

const intentIdLength = 22;

/** A request that may be sent: its intent, where it has one, is durable. Only `record` makes one. */
class Recorded {
  readonly #step = "recorded";
  readonly countersigned: Countersigned;
  /** Undefined for reads. */
  readonly intentId: string | undefined;

  constructor(countersigned: Countersigned, intentId: string | undefined) {
    this.countersigned = countersigned;
    this.intentId = intentId;
  }

  get step(): string {
    return this.#step;
  }
}
export type { Recorded };

export interface RecordParts {
  readonly journal: Journal;
  readonly clock: VerifyingClock;
  readonly random: Random;
  readonly failpoint: Failpoint;
}

/** @throws Refusal -1008 when the intent cannot be written, DuplicatePayload when the payload has one already. */
export async function record(countersigned: Countersigned, parts: RecordParts): Promise<Recorded> {
  const { parsed, caller, accepted } = countersigned.admitted.authorized;
  if (!parsed.service.mutates) return new Recorded(countersigned, undefined);
  // A mutation without a caller or a venue key cannot be: the table has no public one. If it were, it is not sent.
  if (caller === undefined || countersigned.venueKeyId === undefined) throw new Refusal("internal-fault");

  const intentId = randomText(parts.random, intentIdLength);
  const entry = {
    kind: "intent",
    atMs: parts.clock.nowMs(),
    intentId,
    clientKeyId: caller.clientKey.key.id,
    generation: caller.generation,
    venueKeyId: countersigned.venueKeyId,
    endpoint: parsed.endpoint.name,
    params: countersigned.judged,
    payloadDigest: caller.payloadDigest,
  } as const;
  try {
    const { expiresMs, repeatable } = accepted;
    await parts.journal.recordIntent({ entry, expiresMs, repeatable });
  } catch (error) {
    throw error instanceof JournalUnavailable ? new Refusal("journal-unavailable") : error;
  }
  parts.failpoint("intent-durable");
  return new Recorded(countersigned, intentId);
}
