/**
 * Writes batches of journal operations, one transaction each, in the thread that owns the connection.
 * Entries are numbered here, without gaps; a duplicate takes no number.
 */
import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { Failpoint } from "../base/failpoint.ts";
import type { IntentOp, JournalOp, NewEntry, OpResult, OutcomeOp } from "./protocol.ts";
import type { EntriesTable, Tables } from "./schema.ts";
import { inTransaction } from "./transaction.ts";

/** Rows of one INSERT: four parameters each, far below SQLite's 32,766. */
const entriesInsertMax = 512;
/** As long as the longest entry, so that a probe that succeeds means an entry would. */
const probeFillerChars = 65_535;

/** The number of the newest entry, 0 in an empty log. */
export async function newestSeq(db: Kysely<Tables>): Promise<number> {
  const row = await db
    .selectFrom("entries")
    .select((eb) => eb.fn.max("seq").as("seq"))
    .executeTakeFirst();
  return row?.seq ?? 0;
}

/** Appends entries after `seq`, in order. */
export async function appendEntries(
  db: Kysely<Tables>,
  seq: number,
  entries: readonly NewEntry[],
): Promise<void> {
  const rows: EntriesTable[] = entries.map((entry, index) => ({ seq: seq + index + 1, ...entry }));
  for (let from = 0; from < rows.length; from += entriesInsertMax) {
    await db
      .insertInto("entries")
      .values(rows.slice(from, from + entriesInsertMax))
      .execute();
  }
}

/** Commits a batch. Resolves once it is on disk, with one result an operation; rejects when nothing of it is. */
export function commitBatch(
  db: Kysely<Tables>,
  batch: readonly JournalOp[],
  failpoint: Failpoint,
): Promise<readonly OpResult[]> {
  return inTransaction(db, async () => {
    const seq = await newestSeq(db);
    const entries: NewEntry[] = [];
    const results: OpResult[] = [];
    for (const op of batch) {
      const result = await writeOp(db, op, seq + entries.length + 1);
      if (result === "written") entries.push(op.entry);
      results.push(result);
    }
    await appendEntries(db, seq, entries);
    if (batch.some((op) => op.kind === "intent")) failpoint("intent-inserted");
    if (batch.some((op) => op.kind === "outcome")) failpoint("outcome-inserted");
    return results;
  });
}

/** Learns whether a commit of an entry's size would succeed, and leaves no trace. */
export function probeWrite(db: Kysely<Tables>): Promise<void> {
  return inTransaction(db, async () => {
    await db
      .insertInto("write_probe")
      .values({ id: 1, filler: "x".repeat(probeFillerChars) })
      .execute();
    await db.deleteFrom("write_probe").execute();
  });
}

function writeOp(db: Kysely<Tables>, op: JournalOp, seq: number): Promise<OpResult> {
  switch (op.kind) {
    case "intent":
      return writeIntent(db, op, seq);
    case "outcome":
      return writeOutcome(db, op, seq);
    case "refusal":
      return Promise.resolve("written");
    default:
      op satisfies never;
      throw new TypeError("an operation of no known kind");
  }
}

async function writeIntent(db: Kysely<Tables>, op: IntentOp, seq: number): Promise<OpResult> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("mutations")
    .values({
      payload_digest: op.payloadDigest,
      intent_id: op.intentId,
      endpoint: op.endpoint,
      expires_ms: op.expiresMs,
      repeatable: op.repeatable ? 1 : 0,
      intent_seq: seq,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n ? "written" : "duplicate";
}

async function writeOutcome(db: Kysely<Tables>, op: OutcomeOp, seq: number): Promise<OpResult> {
  const { numUpdatedRows } = await db
    .updateTable("mutations")
    .set({
      outcome_seq: seq,
      result: op.result,
      answer_status: op.answerStatus,
      answer_headers: op.answerHeaders,
      answer_body: op.answerBody,
    })
    .where("intent_id", "=", op.intentId)
    // What came of an intent is settled once; only "unknown" may still become known.
    .where(sql<boolean>`(result is null or result = 'unknown')`)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n ? "written" : "stray";
}
