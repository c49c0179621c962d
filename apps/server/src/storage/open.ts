/**
 * The store: keys and journal on one SQLite database, owned by one worker thread, so that a disk that waits never
 * holds up a request. Main opens it once and closes it last.
 */
import type { Journal } from "../audit/journal.ts";
import type { Clock } from "../base/clock.ts";
import type { FailpointName } from "../base/failpoint.ts";
import type { Log } from "../base/log.ts";
import type { ClientKeyStore } from "../keys/client-key.ts";
import type { VenueKeyStore } from "../keys/venue-key.ts";
import { startDatabaseWorker } from "./database-link.ts";
import type { DatabaseLink } from "./database-link.ts";
import type { Schedule } from "./group-commit.ts";
import { newEntry, openJournal } from "./journal.ts";
import { clientKeyRows, storedClientKey, storedVenueKey, venueKeyRow } from "./key-rows.ts";
import type { DatabaseFacts, EntriesPage } from "./protocol.ts";

/** An entry read back, with its number. */
export interface StoredEntry {
  readonly seq: number;
  readonly atMs: number;
  readonly kind: string;
  /** The entry's own text, as it was written. */
  readonly text: string;
}

export interface Store {
  readonly clientKeys: ClientKeyStore;
  readonly venueKeys: VenueKeyStore;
  readonly journal: Journal;
  /** Entries after a number, in order, at most `entriesPageMax` at a time. */
  entries(page: EntriesPage): Promise<readonly StoredEntry[]>;
  facts(): Promise<DatabaseFacts>;
  /** Writes what waits (outcomes above all), then closes. */
  close(): Promise<void>;
}

export interface StoreInput {
  /** The database file; its folder is made 0700 if it is missing, and refused if it is wider. */
  readonly path: string;
  /** Names the copy that is made before a migration. */
  readonly clock: Clock;
  readonly log: Log;
  /** Kills this process at that place; for crash tests. */
  readonly failpoint?: FailpointName | undefined;
  /** When a failed write is tried again; timers of the runtime unless told. */
  readonly schedule?: Schedule | undefined;
}

/**
 * Opens (or makes) the store, for this process alone.
 * @throws StoreError `store-in-use`, `folder-mode`, `file-mode`, `sqlite-too-old`, `sqlite-setting`, `migration-failed`
 */
export async function openStore(input: StoreInput): Promise<Store> {
  const startedAt = new Date(input.clock.wallMs()).toISOString().slice(0, 19).replaceAll(":", "-");
  const link = await startDatabaseWorker(
    { path: input.path, startedAt, failpoint: input.failpoint },
    input.log,
  );
  return storeOver(link, input);
}

/** The store over a link that is open. */
export function storeOver(link: DatabaseLink, input: Pick<StoreInput, "log" | "schedule">): Store {
  const { journal, queue } = openJournal({ link, log: input.log, schedule: input.schedule ?? timers });
  return {
    journal,
    clientKeys: clientKeyStore(link),
    venueKeys: venueKeyStore(link),
    async entries(page) {
      const rows = await link.call("entries", page);
      return rows.map(({ seq, at_ms, kind, text }) => ({ seq, atMs: at_ms, kind, text }));
    },
    facts: () => link.call("facts", null),
    async close() {
      await queue.drain();
      await link.close();
    },
  };
}

const timers: Schedule = (task, delayMs) => {
  const timer = setTimeout(task, delayMs);
  return () => clearTimeout(timer);
};

function clientKeyStore(link: DatabaseLink): ClientKeyStore {
  return {
    async all() {
      return (await link.call("clientKeys", null)).map(storedClientKey);
    },
    async insert(stored, act) {
      await link.call("insertClientKey", { ...clientKeyRows(stored), act: newEntry(act) });
    },
    async update(stored, act) {
      await link.call("updateClientKey", { ...clientKeyRows(stored), act: newEntry(act) });
    },
  };
}

function venueKeyStore(link: DatabaseLink): VenueKeyStore {
  return {
    async all() {
      return (await link.call("venueKeys", null)).map(storedVenueKey);
    },
    async insert(stored, act) {
      await link.call("insertVenueKey", { row: venueKeyRow(stored), act: newEntry(act) });
    },
  };
}
