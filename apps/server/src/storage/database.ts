/**
 * The database behind a small set of questions, in whichever thread holds it. It owns the only connection;
 * whoever calls it asks one thing at a time.
 */
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { sql, Kysely } from "kysely";
import type { Failpoint } from "../base/failpoint.ts";
import { commitBatch, newestSeq, probeWrite } from "./journal-writer.ts";
import { insertClientKey, insertVenueKey, readClientKeys, updateClientKey } from "./key-tables.ts";
import { migrate } from "./migrate.ts";
import { migrations } from "./migrations.ts";
import { preparePrivateFolder } from "./private-path.ts";
import { takeProcessLock } from "./process-lock.ts";
import { entriesPageMax } from "./protocol.ts";
import type { DatabaseFacts, DatabaseHandlers, JournalOp, OpResult } from "./protocol.ts";
import { readMutations } from "./read-mutations.ts";
import type { Tables } from "./schema.ts";
import { nodeSqliteDialect } from "./sqlite-dialect.ts";
import { openSqliteFile, sqliteVersionOf, truncateWal } from "./sqlite-file.ts";
import type { DatabaseSync } from "node:sqlite";

export interface DatabaseInput {
  readonly path: string;
  readonly startedAt: string;
  readonly failpoint: Failpoint;
  /** Told what an operator should know and no caller waits for. */
  readonly note: (message: string) => void;
}

export interface OpenDatabase {
  readonly handlers: DatabaseHandlers;
  /** The connection itself; for tests that make it fail. */
  readonly connection: DatabaseSync;
}

/**
 * Opens (or makes) the database, alone.
 * @throws StoreError `store-in-use`, `folder-mode`, `file-mode`, `sqlite-too-old`, `sqlite-setting`, `migration-failed`
 */
export async function openDatabase(input: DatabaseInput): Promise<OpenDatabase> {
  preparePrivateFolder(dirname(input.path));
  const releaseLock = takeProcessLock(input.path);
  try {
    const connection = openSqliteFile(input.path);
    const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(connection) });
    const copy = await migrate({ ...input, database: connection, db, migrations });
    if (copy !== undefined) input.note(`a copy of the database as it was lies at ${copy}`);
    const counts = await countRows(db);
    return { connection, handlers: handlersOf({ ...input, connection, db, counts, releaseLock }) };
  } catch (error) {
    releaseLock();
    throw error;
  }
}

interface Counts {
  entries: number;
  intents: number;
  unknown: number;
  commits: number;
}

interface HandlersInput extends DatabaseInput {
  readonly connection: DatabaseSync;
  readonly db: Kysely<Tables>;
  readonly counts: Counts;
  readonly releaseLock: () => void;
}

function handlersOf({ connection, db, counts, releaseLock, ...input }: HandlersInput): DatabaseHandlers {
  return {
    async commit(batch) {
      const results = await commitBatch(db, batch, input.failpoint);
      counts.commits += 1;
      countBatch(counts, batch, results);
      return results;
    },
    async probe() {
      await probeWrite(db);
      return null;
    },
    mutationsExpiringAfter: (nowMs) => readMutations(db, nowMs),
    async newestEntryMs() {
      const row = await db
        .selectFrom("entries")
        .select((eb) => eb.fn.max("at_ms").as("at_ms"))
        .executeTakeFirst();
      return row?.at_ms ?? 0;
    },
    entries: ({ afterSeq, max }) =>
      db
        .selectFrom("entries")
        .select(["seq", "at_ms", "kind", "text"])
        .where("seq", ">", afterSeq)
        .orderBy("seq")
        .limit(Math.min(max, entriesPageMax))
        .execute(),
    facts: () => Promise.resolve(factsOf(counts, connection, input.path)),
    clientKeys: () => readClientKeys(db),
    async insertClientKey(rows) {
      await insertClientKey(db, rows);
      counts.entries += 1;
      return null;
    },
    async updateClientKey(rows) {
      const erased = await updateClientKey(db, rows);
      counts.entries += 1;
      if (erased && !truncateWal(connection)) {
        input.note("an erased salt is still in the write-ahead log, which a reader kept from being emptied");
      }
      return null;
    },
    venueKeys: () => db.selectFrom("venue_keys").selectAll().orderBy("created_ms").orderBy("id").execute(),
    async insertVenueKey({ row, act }) {
      await insertVenueKey(db, row, act);
      counts.entries += 1;
      return null;
    },
    async close() {
      truncateWal(connection);
      await db.destroy();
      if (connection.isOpen) connection.close();
      releaseLock();
      return null;
    },
  };
}

/** Counted once at the start and kept up from then on: a count over a long log would hold up the commits. */
async function countRows(db: Kysely<Tables>): Promise<Counts> {
  const intents = await db
    .selectFrom("mutations")
    .select((eb) => [
      eb.fn.countAll<number>().as("all"),
      sql<number | null>`sum(case when result in ('answered', 'unsent') then 0 else 1 end)`.as("unknown"),
    ])
    .executeTakeFirstOrThrow();
  return { entries: await newestSeq(db), intents: intents.all, unknown: intents.unknown ?? 0, commits: 0 };
}

function countBatch(counts: Counts, batch: readonly JournalOp[], results: readonly OpResult[]): void {
  for (const [index, op] of batch.entries()) {
    if (results[index] !== "written") continue;
    counts.entries += 1;
    if (op.kind === "intent") {
      counts.intents += 1;
      counts.unknown += 1;
    }
    if (op.kind === "outcome" && op.result !== "unknown") counts.unknown -= 1;
  }
}

function factsOf(counts: Counts, connection: DatabaseSync, path: string): DatabaseFacts {
  // stat, never open: closing a descriptor of our own would drop SQLite's locks on the file.
  const sizes = [path, `${path}-wal`].map((each) => statSync(each, { throwIfNoEntry: false })?.size ?? 0);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return { ...counts, bytes, sqliteVersion: sqliteVersionOf(connection) };
}
