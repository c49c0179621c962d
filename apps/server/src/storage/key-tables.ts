/** Writes and reads the key tables, each change in one commit with the entry that tells of it. */
import type { Kysely } from "kysely";
import { appendEntries, newestSeq } from "./journal-writer.ts";
import type { ClientKeyRows, NewEntry } from "./protocol.ts";
import type { Tables, VenueKeysTable } from "./schema.ts";
import { StoreError } from "./store-error.ts";
import { inTransaction } from "./transaction.ts";

/** Every client key with its generations, in the order they were made. */
export async function readClientKeys(db: Kysely<Tables>): Promise<readonly ClientKeyRows[]> {
  const rows = await db.selectFrom("client_keys").selectAll().orderBy("created_ms").orderBy("id").execute();
  const generations = await db
    .selectFrom("client_key_generations")
    .selectAll()
    .orderBy("client_key_id")
    .orderBy("generation")
    .execute();
  const byKey = Map.groupBy(generations, (each) => each.client_key_id);
  return rows.map((row) => ({ row, generations: byKey.get(row.id) ?? [] }));
}

export async function insertClientKey(
  db: Kysely<Tables>,
  { row, generations, act }: ClientKeyRows & { readonly act: NewEntry },
): Promise<void> {
  await inTransaction(db, async () => {
    await db.insertInto("client_keys").values(row).execute();
    if (generations.length > 0) {
      await db
        .insertInto("client_key_generations")
        .values([...generations])
        .execute();
    }
    await appendEntries(db, await newestSeq(db), [act]);
  });
}

/**
 * Replaces a client key and its generations; true when a generation was erased.
 * @throws StoreError `row-changed` when the row is not the one the caller had read.
 */
export async function updateClientKey(
  db: Kysely<Tables>,
  { row, generations, act }: ClientKeyRows & { readonly act: NewEntry },
): Promise<boolean> {
  return await inTransaction(db, async () => {
    const { id, ...values } = row;
    const { numUpdatedRows } = await db
      .updateTable("client_keys")
      .set(values)
      .where("id", "=", id)
      .where("row_version", "=", row.row_version - 1)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows !== 1n) throw new StoreError("row-changed", "the client key was changed meanwhile");
    const kept = generations.map((each) => each.generation);
    let erase = db.deleteFrom("client_key_generations").where("client_key_id", "=", id);
    if (kept.length > 0) erase = erase.where("generation", "not in", kept);
    const { numDeletedRows } = await erase.executeTakeFirstOrThrow();
    for (const generation of generations) {
      await db
        .insertInto("client_key_generations")
        .values(generation)
        .onConflict((conflict) => conflict.columns(["client_key_id", "generation"]).doUpdateSet(generation))
        .execute();
    }
    await appendEntries(db, await newestSeq(db), [act]);
    return numDeletedRows > 0n;
  });
}

export async function insertVenueKey(db: Kysely<Tables>, row: VenueKeysTable, act: NewEntry): Promise<void> {
  await inTransaction(db, async () => {
    await db.insertInto("venue_keys").values(row).execute();
    await appendEntries(db, await newestSeq(db), [act]);
  });
}
