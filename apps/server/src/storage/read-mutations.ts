/** Reads mutations back for the payload guard: which payloads may not serve again, and what a re-send is told. */
import type { Kysely } from "kysely";
import type { RecordedAnswer, RecordedMutation } from "../audit/journal.ts";
import type { MutationsTable, Tables } from "./schema.ts";

/** Those whose payload would still pass by its timestamp at `nowMs`, oldest first. */
export async function readMutations(db: Kysely<Tables>, nowMs: number): Promise<RecordedMutation[]> {
  const rows = await db
    .selectFrom("mutations")
    .selectAll()
    .where("expires_ms", ">", nowMs)
    .orderBy("intent_seq")
    .execute();
  return rows.map((row) => ({
    intentId: row.intent_id,
    payloadDigest: row.payload_digest,
    endpoint: row.endpoint,
    expiresMs: row.expires_ms,
    repeatable: row.repeatable === 1,
    answer: answerOf(row),
  }));
}

function answerOf(row: MutationsTable): RecordedAnswer | undefined {
  if (row.answer_status === null || row.answer_body === null) return undefined;
  return {
    status: row.answer_status,
    headers: parseHeaders(row.answer_headers ?? "[]"),
    body: row.answer_body,
  };
}

/** Headers that do not read as they were written are left out: the status and body still answer the re-send. */
function parseHeaders(text: string): readonly (readonly [string, string])[] {
  const value = parseJson(text);
  if (!Array.isArray(value)) return [];
  return value.flatMap((pair: unknown) => {
    if (!Array.isArray(pair) || pair.length !== 2) return [];
    const [name, content] = pair as readonly unknown[];
    return typeof name === "string" && typeof content === "string" ? [[name, content] as const] : [];
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
