/** Brings a database to today's schema; a database that already holds something is copied first. */
import type { DatabaseSync } from "node:sqlite";
import { closeSync, fsyncSync, openSync } from "node:fs";
import type { Kysely } from "kysely";
import { Migrator } from "kysely/migration";
import type { Migration } from "kysely/migration";
import { createPrivateFile } from "./private-path.ts";
import type { Tables } from "./schema.ts";
import { StoreError } from "./store-error.ts";

export interface MigrationInput {
  readonly database: DatabaseSync;
  readonly db: Kysely<Tables>;
  readonly path: string;
  readonly migrations: Readonly<Record<string, Migration>>;
  /** `YYYY-MM-DDThh-mm-ss`, for the copy's name. */
  readonly startedAt: string;
}

/** The path of the copy, or undefined when none was needed. @throws StoreError `migration-failed` */
export async function migrate(input: MigrationInput): Promise<string | undefined> {
  const provider = { getMigrations: async () => ({ ...input.migrations }) };
  const migrator = new Migrator({ db: input.db, provider });
  const known = await migrator.getMigrations();
  const pending = known.filter((each) => each.executedAt === undefined);
  let copy: string | undefined;
  if (pending.length > 0 && pending.length < known.length) {
    copy = `${input.path}.before-${pending[0]?.name ?? ""}-${input.startedAt}`;
    copyDatabase(input.database, copy);
  }
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) {
    const reason = error instanceof Error ? error.message : "it failed";
    throw new StoreError("migration-failed", `the database could not be brought to this release: ${reason}`);
  }
  return copy;
}

function copyDatabase(database: DatabaseSync, path: string): void {
  // VACUUM INTO takes an empty file that is there already, and so leaves its mode alone.
  createPrivateFile(path);
  database.prepare("VACUUM INTO ?").run(path);
  const file = openSync(path, "r+");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
