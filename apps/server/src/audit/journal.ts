/**
 * The durable intent journal, as the gateway sees it; `storage` implements it. No record, no order (P4):
 * an intent is on disk before anything is sent, and its payload is unique there for good (P3).
 */
import type { IntentEntry, OutcomeEntry, RefusalEntry } from "./entry.ts";

/** An answer as the bot got it, kept so that a re-send gets the same. */
export interface RecordedAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** A mutation the journal knows. */
export interface RecordedMutation {
  readonly intentId: string;
  readonly payloadDigest: string;
  readonly endpoint: string;
  /** When the signed payload stops being acceptable (timestamp + recvWindow + 1 s), milliseconds since the epoch. */
  readonly expiresMs: number;
  /** Whether a re-send gets the answer (it carried a client order id, or is no POST) or is called a duplicate. */
  readonly repeatable: boolean;
  /** Undefined while the outcome is unknown. */
  readonly answer: RecordedAnswer | undefined;
}

/** An intent with what the payload guard needs after a restart. */
export interface Intent {
  readonly entry: IntentEntry;
  readonly expiresMs: number;
  readonly repeatable: boolean;
}

export interface Outcome {
  readonly entry: OutcomeEntry;
  /** Undefined when the outcome is unknown: a re-send must not be told more than we know. */
  readonly answer: RecordedAnswer | undefined;
}

export interface Journal {
  /**
   * Makes an intent durable. Resolves after the commit that holds it is on disk.
   * @throws DuplicatePayload when the payload already served a mutation.
   * @throws JournalUnavailable when it could not be written, or too many wait already; nothing may be sent then.
   */
  recordIntent(intent: Intent): Promise<void>;
  /** Puts an outcome into the next commit and keeps it until it is on disk. Resolves then; callers need not wait. */
  recordOutcome(outcome: Outcome): Promise<void>;
  /** Puts a refusal into the next commit; dropped (and counted) when the journal is unavailable. */
  recordRefusal(refusal: RefusalEntry): void;
  /** The mutations whose payload may still be accepted by its timestamp: what the guard must know after a start. */
  mutationsExpiringAfter(nowMs: number): Promise<readonly RecordedMutation[]>;
  /** The time of the newest entry, 0 when there is none: the verifying clock never starts below it. */
  newestEntryMs(): Promise<number>;
  /** False from the first write that fails until one succeeds again. */
  available(): boolean;
}

/** The payload already has an intent. */
export class DuplicatePayload extends Error {
  override readonly name = "DuplicatePayload";
}

/** The journal cannot take an intent now. */
export class JournalUnavailable extends Error {
  override readonly name = "JournalUnavailable";
}
