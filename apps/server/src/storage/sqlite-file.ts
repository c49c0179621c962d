/**
 * Opens the SQLite file as this house needs it: durable at each commit, overwriting what is deleted, trusting
 * nothing in the schema. Each setting is read back; a setting that did not take is a refusal to start.
 */
import { DatabaseSync } from "node:sqlite";
import { createPrivateFile } from "./private-path.ts";
import { StoreError } from "./store-error.ts";

/** Before it, two connections in WAL mode may lose commits (the "WAL-reset" bug). */
const sqliteVersionMin = [3, 51, 3] as const;
/** Only a foreign program can hold the lock; an order is better refused than kept waiting. */
const busyTimeoutMs = 250;

const settings = [
  { name: "journal_mode", set: "WAL", reads: "wal" },
  { name: "synchronous", set: "FULL", reads: 2 },
  { name: "secure_delete", set: "ON", reads: 1 },
  { name: "foreign_keys", set: "ON", reads: 1 },
  { name: "trusted_schema", set: "OFF", reads: 0 },
  { name: "busy_timeout", set: String(busyTimeoutMs), reads: busyTimeoutMs },
] as const;

/** @throws StoreError `file-mode`, `sqlite-too-old`, `sqlite-setting` */
export function openSqliteFile(path: string): DatabaseSync {
  createPrivateFile(path);
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs, allowExtension: false, defensive: true });
  try {
    requireVersion(sqliteVersionOf(database));
    for (const { name, set, reads } of settings) {
      database.exec(`PRAGMA ${name} = ${set}`);
      if (pragma(database, name) !== reads) {
        throw new StoreError("sqlite-setting", `SQLite does not keep ${name} = ${set}`);
      }
    }
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

export function sqliteVersionOf(database: DatabaseSync): string {
  return String(database.prepare("SELECT sqlite_version() AS version").get()?.["version"]);
}

/** @throws StoreError `sqlite-too-old` */
export function requireVersion(version: string): void {
  const parts = version.split(".").map(Number);
  for (const [index, least] of sqliteVersionMin.entries()) {
    const part = parts[index] ?? 0;
    if (part > least) return;
    if (!(part >= least)) {
      throw new StoreError("sqlite-too-old", `SQLite ${version} is older than ${sqliteVersionMin.join(".")}`);
    }
  }
}

/** Moves the write-ahead log into the database and empties it; false when a reader stood in the way. */
export function truncateWal(database: DatabaseSync): boolean {
  return database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()?.["busy"] === 0;
}

function pragma(database: DatabaseSync, name: string): unknown {
  const row = database.prepare(`PRAGMA ${name}`).get() ?? {};
  return Object.values(row)[0];
}
