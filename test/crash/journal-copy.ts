/**
 * What a power cut at this moment would leave of the record: a copy of the database's files, opened with SQLite alone.
 * It shares no code with the storage room, so that a mistake there cannot hide itself; the original is never opened.
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { databaseFileName } from "countersign";
import { expect } from "vitest";
import { canonicalJson } from "../../apps/server/src/audit/canonical.ts";
import type { CanonicalValue } from "../../apps/server/src/audit/canonical.ts";
import type { IntentEntry, OutcomeEntry } from "../../apps/server/src/audit/entry.ts";

/** The files that hold rows; the shared-memory index is rebuilt from them. */
const fileNames = [databaseFileName, `${databaseFileName}-wal`];

export interface JournalCopy {
  /** The entries' own texts, in order. */
  readonly texts: readonly string[];
  readonly intents: readonly IntentEntry[];
  readonly outcomes: readonly OutcomeEntry[];
  intentOf(payloadDigest: string): IntentEntry | undefined;
  outcomeOf(intent: IntentEntry | undefined): OutcomeEntry | undefined;
  /** The salts of all client keys, as they are stored. */
  readonly salts: readonly string[];
}

/** Copies, reads, and checks what must hold of any record: whole database, no gap in it, canonical texts. */
export function readJournal(dataDir: string): JournalCopy {
  const copyDir = mkdtempSync(join(tmpdir(), "countersign-copy-"));
  try {
    for (const name of fileNames) {
      if (existsSync(join(dataDir, name))) copyFileSync(join(dataDir, name), join(copyDir, name));
    }
    const database = new DatabaseSync(join(copyDir, databaseFileName));
    try {
      return readDatabase(database);
    } finally {
      database.close();
    }
  } finally {
    rmSync(copyDir, { recursive: true, force: true });
  }
}

function readDatabase(database: DatabaseSync): JournalCopy {
  expect(database.prepare("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
  const rows = database.prepare("SELECT seq, text FROM entries ORDER BY seq").all();
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
  const texts = rows.map(({ text }) => String(text));
  const entries = texts.map((text) => JSON.parse(text) as CanonicalValue & { readonly kind: string });
  expect(entries.map(canonicalJson)).toEqual(texts);
  const intents = entries.filter(({ kind }) => kind === "intent") as unknown as IntentEntry[];
  const outcomes = entries.filter(({ kind }) => kind === "outcome") as unknown as OutcomeEntry[];
  const ids = intents.map(({ intentId }) => intentId);
  expect(new Set(ids).size, "an intent is entered once").toBe(ids.length);
  expect(new Set(intents.map((each) => each.payloadDigest)).size, "a payload has one intent").toBe(
    ids.length,
  );
  expect(new Set(outcomes.map((each) => each.intentId)).size, "an intent has one outcome").toBe(
    outcomes.length,
  );
  for (const { intentId } of outcomes) expect(ids).toContain(intentId);
  const salts = database.prepare("SELECT salt FROM client_key_generations WHERE salt IS NOT NULL").all();
  return {
    texts,
    intents,
    outcomes,
    intentOf: (payloadDigest) => intents.find((each) => each.payloadDigest === payloadDigest),
    outcomeOf: (intent) => outcomes.find((each) => each.intentId === intent?.intentId),
    salts: salts.map(({ salt }) => String(salt)),
  };
}
