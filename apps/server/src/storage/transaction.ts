/** One write transaction on the only connection. Callers must not overlap: the worker does one thing at a time. */
import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { Tables } from "./schema.ts";

/** Runs `work` between BEGIN IMMEDIATE and COMMIT; rolls back and rejects when anything in between fails. */
export async function inTransaction<T>(db: Kysely<Tables>, work: () => Promise<T>): Promise<T> {
  await sql`BEGIN IMMEDIATE`.execute(db);
  try {
    const result = await work();
    await sql`COMMIT`.execute(db);
    return result;
  } catch (error) {
    // A full disk makes SQLite roll back by itself; then this ROLLBACK has nothing to do, and says so.
    await sql`ROLLBACK`.execute(db).catch(() => undefined);
    throw error;
  }
}
