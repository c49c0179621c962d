/**
 * What the MAC of a key's row covers: every column, each in its place, absent ones told from empty ones.
 * A column left out here would be one that whoever writes the database may change.
 */
import type { KeyRealm } from "@countersign/signing";
import type { MacInput } from "../vault/derive.ts";
import type { StoredClientKey } from "./client-key.ts";
import type { StoredVenueKey } from "./venue-key.ts";

type Unsigned<T> = Omit<T, "rowMac">;

export function clientKeyMacInput(realm: KeyRealm, stored: Unsigned<StoredClientKey>): MacInput {
  const { key, generations, rowVersion } = stored;
  const parts: (string | Uint8Array)[] = [
    String(rowVersion),
    key.id,
    key.label,
    key.algorithm,
    ...optional(key.publicKeyPem),
    key.state,
    String(key.generation),
    ...list(key.grant.permissions),
    ...list(key.grant.addresses),
    ...list(key.grant.symbols),
    key.grant.venueKeyId,
    String(key.createdMs),
    ...optional(key.revokedMs === undefined ? undefined : String(key.revokedMs)),
    String(generations.length),
  ];
  for (const { generation, rootVersion, salt } of generations) {
    parts.push(String(generation), String(rootVersion), ...optional(salt));
  }
  return { purpose: `client-key/${realm}`, parts };
}

export function venueKeyMacInput(stored: Unsigned<StoredVenueKey>): MacInput {
  const { key, sealed, rowVersion } = stored;
  const parts = [
    String(rowVersion),
    key.id,
    key.label,
    key.venue,
    key.accountUid,
    key.algorithm,
    key.apiKey,
    ...optional(key.publicKeyPem),
    String(key.createdMs),
    sealed,
  ];
  return { purpose: "venue-key", parts };
}

function optional(value: string | Uint8Array | undefined): (string | Uint8Array)[] {
  return value === undefined ? ["0"] : ["1", value];
}

function list(names: readonly string[] | "any"): string[] {
  return names === "any" ? ["any"] : [String(names.length), ...names];
}
