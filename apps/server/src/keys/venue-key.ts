/** What a venue key is, and what a store must keep of it: the secret only sealed. */
import type { Algorithm, Signer } from "@countersign/signing";
import type { ActEntry } from "../audit/entry.ts";

/** The exchanges behind us; each has a fixed host, but for the sandbox, whose loopback address is configured. */
export const venueNames = ["binance", "testnet", "demo", "sandbox"] as const;
export type VenueName = (typeof venueNames)[number];

/** A venue key as operators see it: never its secret. */
export interface VenueKey {
  readonly id: string;
  readonly label: string;
  readonly venue: VenueName;
  /** The account it belongs to at the venue, as the venue itself told us. */
  readonly accountUid: string;
  readonly algorithm: Algorithm;
  /** The public id the venue knows it by (`X-MBX-APIKEY`). */
  readonly apiKey: string;
  /** PEM of the public half, for Ed25519 and RSA. */
  readonly publicKeyPem: string | undefined;
  readonly createdMs: number;
}

/** What countersigning needs: the id to name and a signer that holds the secret. */
export interface VenueSigner {
  readonly venueKeyId: string;
  readonly accountUid: string;
  readonly apiKey: string;
  readonly signer: Signer;
}

export interface StoredVenueKey {
  readonly key: VenueKey;
  /** The secret (HMAC) or the PKCS#8 PEM, sealed by the vault. */
  readonly sealed: Buffer;
  readonly rowVersion: number;
  readonly rowMac: Buffer;
}

/** Implemented by `storage`. */
export interface VenueKeyStore {
  all(): Promise<readonly StoredVenueKey[]>;
  insert(stored: StoredVenueKey, act: ActEntry): Promise<void>;
}
