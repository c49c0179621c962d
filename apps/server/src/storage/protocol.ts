/**
 * What the request thread and the database worker say to each other: plain data, one answer to each question.
 * Secrets do not cross here but sealed; salts do, on their way to and from disk.
 */
import type { OutcomeResult } from "../audit/entry.ts";
import type { RecordedMutation } from "../audit/journal.ts";
import type { FailpointName } from "../base/failpoint.ts";
import type { ClientKeyGenerationsTable, ClientKeysTable, EntriesTable, VenueKeysTable } from "./schema.ts";
import type { PlainError } from "./store-error.ts";

/** An entry before it has its number. */
export type NewEntry = Omit<EntriesTable, "seq">;

export interface IntentOp {
  readonly kind: "intent";
  readonly entry: NewEntry;
  readonly payloadDigest: string;
  readonly intentId: string;
  readonly endpoint: string;
  readonly expiresMs: number;
  readonly repeatable: boolean;
}

export interface OutcomeOp {
  readonly kind: "outcome";
  readonly entry: NewEntry;
  readonly intentId: string;
  readonly result: OutcomeResult;
  readonly answerStatus: number | null;
  readonly answerHeaders: string | null;
  readonly answerBody: string | null;
}

export interface RefusalOp {
  readonly kind: "refusal";
  readonly entry: NewEntry;
}

export type JournalOp = IntentOp | OutcomeOp | RefusalOp;

/** `duplicate`: the payload (or intent id) is there already. `stray`: no intent waits for this outcome. */
export type OpResult = "written" | "duplicate" | "stray";

/** Client key rows as they lie in the database; anything an edit may have left there. */
export interface ClientKeyRows {
  readonly row: ClientKeysTable;
  readonly generations: readonly ClientKeyGenerationsTable[];
}

export interface EntriesPage {
  /** Entries with a greater number than this. */
  readonly afterSeq: number;
  /** At most `entriesPageMax`. */
  readonly max: number;
}

export const entriesPageMax = 1000;

export interface DatabaseFacts {
  /** Entries in the log; also the number of the newest. */
  readonly entries: number;
  readonly intents: number;
  /** Intents whose outcome is not known. */
  readonly unknown: number;
  /** Database and write-ahead log together. */
  readonly bytes: number;
  /** Journal commits since the start: far fewer than intents when they come together. */
  readonly commits: number;
  readonly sqliteVersion: string;
}

/** Every question, with what it takes and what it gives. */
export interface DatabaseCalls {
  commit: { input: readonly JournalOp[]; output: readonly OpResult[] };
  probe: { input: null; output: null };
  mutationsExpiringAfter: { input: number; output: readonly RecordedMutation[] };
  newestEntryMs: { input: null; output: number };
  entries: { input: EntriesPage; output: readonly EntriesTable[] };
  facts: { input: null; output: DatabaseFacts };
  clientKeys: { input: null; output: readonly ClientKeyRows[] };
  insertClientKey: { input: ClientKeyRows & { readonly act: NewEntry }; output: null };
  updateClientKey: { input: ClientKeyRows & { readonly act: NewEntry }; output: null };
  venueKeys: { input: null; output: readonly VenueKeysTable[] };
  insertVenueKey: { input: { readonly row: VenueKeysTable; readonly act: NewEntry }; output: null };
  close: { input: null; output: null };
}

export type CallName = keyof DatabaseCalls;

/** How one question is answered, wherever it is answered. */
export type DatabaseHandlers = {
  readonly [Name in CallName]: (
    input: DatabaseCalls[Name]["input"],
  ) => Promise<DatabaseCalls[Name]["output"]>;
};

export interface WorkerStart {
  readonly path: string;
  /** For the name of a copy made before a migration: `YYYY-MM-DDThh-mm-ss`. */
  readonly startedAt: string;
  readonly failpoint: FailpointName | undefined;
}

export interface CallMessage {
  readonly id: number;
  readonly name: CallName;
  readonly input: unknown;
}

export type WorkerMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "refused"; readonly error: PlainError }
  | { readonly kind: "note"; readonly message: string }
  | { readonly kind: "answer"; readonly id: number; readonly output: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly error: PlainError };
