/**
 * What a client key is, how the gateway reads one, and what a store must keep of it.
 * Nothing here holds a secret: an HMAC secret is derived from the root key and the generation's salt.
 */
import type { Permission } from "@countersign/contract";
import type { Algorithm, Verifier } from "@countersign/signing";
import type { ActEntry } from "../audit/entry.ts";

/** What a client key may do, and with which venue key it is countersigned. */
export interface Grant {
  readonly permissions: readonly Permission[];
  /** Addresses and CIDR ranges it may call from, or `any` by explicit choice. */
  readonly addresses: readonly string[] | "any";
  /** Symbols it may trade, or `any` (they bind trading, not reading, as at Binance). */
  readonly symbols: readonly string[] | "any";
  readonly venueKeyId: string;
}

export type ClientKeyState = "active" | "revoked";

/** A client key as operators see it: never its secret. */
export interface ClientKey {
  readonly id: string;
  readonly label: string;
  readonly algorithm: Algorithm;
  /** PEM, for Ed25519 and RSA. */
  readonly publicKeyPem: string | undefined;
  readonly state: ClientKeyState;
  readonly generation: number;
  readonly grant: Grant;
  readonly createdMs: number;
  readonly revokedMs: number | undefined;
}

/** One generation's verifier; the newest generation comes first. */
export interface LiveGeneration {
  readonly generation: number;
  verifier(): Promise<Verifier>;
}

/** A key that may be used now, as the gateway reads it. */
export interface LiveClientKey {
  readonly key: ClientKey;
  readonly generations: readonly LiveGeneration[];
  /** Whether it was there when this server started: then it may have signed what nobody here remembers. */
  readonly olderThanStart: boolean;
  /** Whether the grant lets this peer address in (IPv4-mapped IPv6 counts as IPv4). */
  allowsAddress(address: string): boolean;
  /** Asked again at the socket write: false from the moment a revocation was acknowledged. */
  live(): boolean;
}

/** The gateway's window on the keys: in memory, so that a look-up costs nothing and fails with nothing. */
export interface ClientKeyDirectory {
  /** Undefined when unknown, revoked, or its record fails its MAC. */
  find(id: string): LiveClientKey | undefined;
  /** A verifier of no key at all: unknown keys cost the same work as known ones. */
  decoy(): LiveGeneration;
}

/** A client key as a store keeps it: the record, one salt or public key a generation, and the MAC over both. */
export interface StoredClientKey {
  readonly key: ClientKey;
  readonly generations: readonly StoredGeneration[];
  /** Grows by one with every change; part of what the MAC covers. */
  readonly rowVersion: number;
  readonly rowMac: Buffer;
}

export interface StoredGeneration {
  readonly generation: number;
  /** Which root key derives the secret. */
  readonly rootVersion: number;
  /** 32 random bytes for HMAC; undefined for uploaded public keys. Erasing it destroys the secret. */
  readonly salt: Buffer | undefined;
}

/** Implemented by `storage`. Each change and the entry that tells of it are one commit. */
export interface ClientKeyStore {
  all(): Promise<readonly StoredClientKey[]>;
  insert(stored: StoredClientKey, act: ActEntry): Promise<void>;
  /** Replaces record and generations; generations that are gone from `stored` are erased. */
  update(stored: StoredClientKey, act: ActEntry): Promise<void>;
}
