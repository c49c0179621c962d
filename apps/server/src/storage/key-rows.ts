/**
 * Keys as the keys room has them, to and from the rows that hold them. A row that does not read exactly as it would
 * be written gets an empty MAC, which matches nothing: it is shown, and never used.
 */
import { permissions } from "@countersign/contract";
import type { Permission } from "@countersign/contract";
import type { ClientKey, StoredClientKey, StoredGeneration } from "../keys/client-key.ts";
import { venueNames } from "../keys/venue-key.ts";
import type { StoredVenueKey } from "../keys/venue-key.ts";
import type { ClientKeyRows } from "./protocol.ts";
import type { ClientKeyGenerationsTable, VenueKeysTable } from "./schema.ts";

const algorithms = ["HMAC", "ED25519", "RSA"] as const;
const states = ["active", "revoked"] as const;

export function clientKeyRows(stored: StoredClientKey): ClientKeyRows {
  const { key } = stored;
  return {
    row: {
      id: key.id,
      label: key.label,
      algorithm: key.algorithm,
      public_key: key.publicKeyPem ?? null,
      state: key.state,
      generation: key.generation,
      permissions: JSON.stringify(key.grant.permissions),
      addresses: listText(key.grant.addresses),
      symbols: listText(key.grant.symbols),
      venue_key_id: key.grant.venueKeyId,
      created_ms: key.createdMs,
      revoked_ms: key.revokedMs ?? null,
      row_version: stored.rowVersion,
      row_mac: stored.rowMac.toString("hex"),
    },
    generations: stored.generations.map((each) => ({
      client_key_id: key.id,
      generation: each.generation,
      root_version: each.rootVersion,
      salt: each.salt?.toString("hex") ?? null,
    })),
  };
}

export function storedClientKey({ row, generations }: ClientKeyRows): StoredClientKey {
  const read = new RowReader();
  const key: ClientKey = {
    id: read.text(row.id),
    label: read.text(row.label),
    algorithm: read.oneOf(algorithms, row.algorithm),
    publicKeyPem: row.public_key === null ? undefined : read.text(row.public_key),
    state: read.oneOf(states, row.state, "revoked"),
    generation: read.whole(row.generation),
    grant: {
      permissions: read.permissions(row.permissions),
      addresses: read.list(row.addresses),
      symbols: read.list(row.symbols),
      venueKeyId: read.text(row.venue_key_id),
    },
    createdMs: read.whole(row.created_ms),
    revokedMs: row.revoked_ms === null ? undefined : read.whole(row.revoked_ms),
  };
  const stored = generations.map((each) => storedGeneration(read, each));
  const rowVersion = read.whole(row.row_version);
  return { key, generations: stored, rowVersion, rowMac: read.mac(row.row_mac) };
}

function storedGeneration(read: RowReader, row: ClientKeyGenerationsTable): StoredGeneration {
  return {
    generation: read.whole(row.generation),
    rootVersion: read.whole(row.root_version),
    salt: row.salt === null ? undefined : read.bytes(row.salt),
  };
}

export function venueKeyRow(stored: StoredVenueKey): VenueKeysTable {
  const { key } = stored;
  return {
    id: key.id,
    label: key.label,
    venue: key.venue,
    account_uid: key.accountUid,
    algorithm: key.algorithm,
    api_key: key.apiKey,
    public_key: key.publicKeyPem ?? null,
    created_ms: key.createdMs,
    sealed: stored.sealed.toString("hex"),
    row_version: stored.rowVersion,
    row_mac: stored.rowMac.toString("hex"),
  };
}

export function storedVenueKey(row: VenueKeysTable): StoredVenueKey {
  const read = new RowReader();
  const key = {
    id: read.text(row.id),
    label: read.text(row.label),
    venue: read.oneOf(venueNames, row.venue),
    accountUid: read.text(row.account_uid),
    algorithm: read.oneOf(algorithms, row.algorithm),
    apiKey: read.text(row.api_key),
    publicKeyPem: row.public_key === null ? undefined : read.text(row.public_key),
    createdMs: read.whole(row.created_ms),
  };
  const sealed = read.bytes(row.sealed);
  const rowVersion = read.whole(row.row_version);
  return { key, sealed, rowVersion, rowMac: read.mac(row.row_mac) };
}

function listText(list: readonly string[] | "any"): string {
  return list === "any" ? "any" : JSON.stringify(list);
}

/** Reads columns of which nothing is sure; once one was not as written, the row's MAC reads empty. */
class RowReader {
  #damaged = false;

  text(value: unknown): string {
    return typeof value === "string" ? value : this.#instead("");
  }

  whole(value: unknown): number {
    return typeof value === "number" && Number.isSafeInteger(value) ? value : this.#instead(0);
  }

  oneOf<T extends string>(known: readonly [T, ...T[]], value: unknown, otherwise: T = known[0]): T {
    return known.find((each) => each === value) ?? this.#instead(otherwise);
  }

  bytes(value: unknown): Buffer {
    const bytes = Buffer.from(this.text(value), "hex");
    return bytes.toString("hex") === value ? bytes : this.#instead(Buffer.alloc(0));
  }

  list(value: unknown): readonly string[] | "any" {
    return value === "any" ? "any" : this.#names(value);
  }

  permissions(value: unknown): readonly Permission[] {
    const names = this.#names(value);
    const known = permissions.filter((each) => names.includes(each));
    return JSON.stringify(known) === value ? known : this.#instead([]);
  }

  /** Asked for last. */
  mac(value: unknown): Buffer {
    const bytes = this.bytes(value);
    return this.#damaged ? Buffer.alloc(0) : bytes;
  }

  #names(value: unknown): readonly string[] {
    const list = parseJson(this.text(value));
    if (!Array.isArray(list) || !list.every((each) => typeof each === "string")) return this.#instead([]);
    return JSON.stringify(list) === value ? list : this.#instead([]);
  }

  #instead<T>(value: T): T {
    this.#damaged = true;
    return value;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
