/**
 * Every step from an empty database to today's schema, in order, in code. A step that was released is never edited;
 * a change is a further step.
 */
import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

const firstSchema: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("entries")
      .addColumn("seq", "integer", (column) => column.primaryKey())
      .addColumn("at_ms", "bigint", (column) => column.notNull())
      .addColumn("kind", "text", (column) => column.notNull())
      .addColumn("text", "text", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("entries_at_ms").on("entries").column("at_ms").execute();
    await db.schema
      .createTable("mutations")
      .addColumn("payload_digest", "text", (column) => column.primaryKey())
      .addColumn("intent_id", "text", (column) => column.notNull().unique())
      .addColumn("endpoint", "text", (column) => column.notNull())
      .addColumn("expires_ms", "bigint", (column) => column.notNull())
      .addColumn("repeatable", "integer", (column) => column.notNull())
      .addColumn("intent_seq", "integer", (column) => column.notNull())
      .addColumn("outcome_seq", "integer")
      .addColumn("result", "text")
      .addColumn("answer_status", "integer")
      .addColumn("answer_headers", "text")
      .addColumn("answer_body", "text")
      .execute();
    await db.schema.createIndex("mutations_expires_ms").on("mutations").column("expires_ms").execute();
    await createKeyTables(db);
    await db.schema
      .createTable("write_probe")
      .addColumn("id", "integer", (column) => column.primaryKey())
      .addColumn("filler", "text", (column) => column.notNull())
      .execute();
  },
};

async function createKeyTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("client_keys")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("label", "text", (column) => column.notNull())
    .addColumn("algorithm", "text", (column) => column.notNull())
    .addColumn("public_key", "text")
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("generation", "integer", (column) => column.notNull())
    .addColumn("permissions", "text", (column) => column.notNull())
    .addColumn("addresses", "text", (column) => column.notNull())
    .addColumn("symbols", "text", (column) => column.notNull())
    .addColumn("venue_key_id", "text", (column) => column.notNull())
    .addColumn("created_ms", "bigint", (column) => column.notNull())
    .addColumn("revoked_ms", "bigint")
    .addColumn("row_version", "integer", (column) => column.notNull())
    .addColumn("row_mac", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("client_key_generations")
    .addColumn("client_key_id", "text", (column) =>
      column.notNull().references("client_keys.id").onDelete("cascade"),
    )
    .addColumn("generation", "integer", (column) => column.notNull())
    .addColumn("root_version", "bigint", (column) => column.notNull())
    .addColumn("salt", "text")
    .addPrimaryKeyConstraint("client_key_generations_key", ["client_key_id", "generation"])
    .execute();
  await db.schema
    .createTable("venue_keys")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("label", "text", (column) => column.notNull())
    .addColumn("venue", "text", (column) => column.notNull())
    .addColumn("account_uid", "text", (column) => column.notNull())
    .addColumn("algorithm", "text", (column) => column.notNull())
    .addColumn("api_key", "text", (column) => column.notNull())
    .addColumn("public_key", "text")
    .addColumn("created_ms", "bigint", (column) => column.notNull())
    .addColumn("sealed", "text", (column) => column.notNull())
    .addColumn("row_version", "integer", (column) => column.notNull())
    .addColumn("row_mac", "text", (column) => column.notNull())
    .execute();
}

/** Run in the order of their names. */
export const migrations: Readonly<Record<string, Migration>> = { "0001-first": firstSchema };
