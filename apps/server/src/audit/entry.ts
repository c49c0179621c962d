/**
 * The facts the log keeps, in their final form: what a mutation meant to do, what came of it, what was refused,
 * and what an operator did. An entry carries no secret and no signature; parameters stand as they were judged.
 */
import { canonicalJson } from "./canonical.ts";
import type { CanonicalValue } from "./canonical.ts";

/** The version of the entry format; part of every entry, so that a reader knows what it reads. */
export const entryVersion = 1;
/** An entry fits the two-byte length prefix of the C2SP tlog-tiles bundle format. */
export const entryBytesMax = 65_535;

/** Parameters as judged, in the order they arrived. */
export type JudgedParams = readonly (readonly [name: string, value: string])[];

/** What a mutation meant to do; durable before anything is sent. */
export interface IntentEntry {
  readonly kind: "intent";
  /** Milliseconds since the epoch, by the verifying clock. */
  readonly atMs: number;
  /** Our own id of this intent; the outcome names it. */
  readonly intentId: string;
  readonly clientKeyId: string;
  readonly generation: number;
  readonly venueKeyId: string;
  /** Method and path, e.g. `POST /api/v3/order`. */
  readonly endpoint: string;
  readonly params: JudgedParams;
  /** SHA-256 (hex) over key, generation and signed payload; what makes a payload good for one effect. */
  readonly payloadDigest: string;
}

/** `answered`: the venue answered. `unsent`: certainly not sent. `unknown`: sent, and no answer came. */
export type OutcomeResult = "answered" | "unsent" | "unknown";

/** What came of an intent. */
export interface OutcomeEntry {
  readonly kind: "outcome";
  readonly atMs: number;
  readonly intentId: string;
  readonly result: OutcomeResult;
  /** HTTP status and digest (SHA-256, hex) of the answer the bot got. */
  readonly status: number;
  readonly bodyDigest: string;
}

/** A request that was refused after its signature was verified. */
export interface RefusalEntry {
  readonly kind: "refusal";
  readonly atMs: number;
  readonly clientKeyId: string;
  readonly endpoint: string;
  /** The name in the refusal table. */
  readonly refusal: string;
  readonly address: string;
  /** How many further refusals were not entered since the last one (the entries are rate-capped). */
  readonly suppressed: number;
}

/** What an operator did: keys issued, revoked, imported. */
export interface ActEntry {
  readonly kind: "act";
  readonly atMs: number;
  /** E.g. `client-key.issue`, `client-key.revoke`, `venue-key.add`. */
  readonly act: string;
  /** Who: in this release always the local control socket's owner, `local`. */
  readonly by: string;
  /** What it was done to (a client key id, a venue key id). */
  readonly subject: string;
  /** What was decided, without secrets. */
  readonly detail: { readonly [name: string]: CanonicalValue };
}

export type Entry = IntentEntry | OutcomeEntry | RefusalEntry | ActEntry;

/**
 * The text of an entry as it stands in the log: canonical JSON with its version.
 * @throws RangeError when the text is longer than `entryBytesMax`.
 */
export function entryText(entry: Entry): string {
  const text = canonicalJson({ ...entry, v: entryVersion });
  if (Buffer.byteLength(text) > entryBytesMax)
    throw new RangeError(`an entry is longer than ${entryBytesMax} bytes`);
  return text;
}
