/**
 * The tables, as the query builder sees them. Portable on purpose: whole numbers, texts, and bytes as lower-case
 * hex, so that one schema serves SQLite and PostgreSQL.
 */

/** The log: gapless, append-only, numbered by the single writer; `text` is the entry's own text, unchanged. */
export interface EntriesTable {
  seq: number;
  at_ms: number;
  kind: string;
  text: string;
}

/** One row a mutation: what makes its payload good for one effect, and the answer a re-send gets. */
export interface MutationsTable {
  payload_digest: string;
  intent_id: string;
  endpoint: string;
  expires_ms: number;
  repeatable: number;
  intent_seq: number;
  outcome_seq: number | null;
  result: string | null;
  answer_status: number | null;
  /** JSON: a list of name and value pairs. */
  answer_headers: string | null;
  answer_body: string | null;
}

export interface ClientKeysTable {
  id: string;
  label: string;
  algorithm: string;
  public_key: string | null;
  state: string;
  generation: number;
  /** JSON: a list of names. */
  permissions: string;
  /** JSON: a list, or the text `any`. */
  addresses: string;
  /** JSON: a list, or the text `any`. */
  symbols: string;
  venue_key_id: string;
  created_ms: number;
  revoked_ms: number | null;
  row_version: number;
  row_mac: string;
}

/** Apart from its key, so that erasing a generation deletes a row (and secure_delete overwrites its salt). */
export interface ClientKeyGenerationsTable {
  client_key_id: string;
  generation: number;
  root_version: number;
  salt: string | null;
}

export interface VenueKeysTable {
  id: string;
  label: string;
  venue: string;
  account_uid: string;
  algorithm: string;
  api_key: string;
  public_key: string | null;
  created_ms: number;
  sealed: string;
  row_version: number;
  row_mac: string;
}

/** One row that a probe writes and takes away again, to learn whether writing works. */
export interface WriteProbeTable {
  id: number;
  filler: string;
}

export interface Tables {
  entries: EntriesTable;
  mutations: MutationsTable;
  client_keys: ClientKeysTable;
  client_key_generations: ClientKeyGenerationsTable;
  venue_keys: VenueKeysTable;
  write_probe: WriteProbeTable;
}
