/** The keys room over stores in memory, with a clock that stands still until it is moved. */
import { generateKeyPairSync } from "node:crypto";
import type { ActEntry } from "../../src/audit/entry.ts";
import type { Clock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { Secret } from "../../src/base/secret.ts";
import type { ClientKeyStore, StoredClientKey } from "../../src/keys/client-key.ts";
import { openClientKeys } from "../../src/keys/client-keys.ts";
import type { ClientKeys, IssueInput } from "../../src/keys/client-keys.ts";
import type { StoredVenueKey, VenueKeyStore, VenueName } from "../../src/keys/venue-key.ts";
import { openVenueKeys } from "../../src/keys/venue-keys.ts";
import type { VenueKeyInput, VenueKeys } from "../../src/keys/venue-keys.ts";
import type { RootKeys } from "../../src/vault/root-keys.ts";
import { heardLog } from "../storage/samples.ts";
import type { HeardLog } from "../storage/samples.ts";
import { rootKeysOf } from "../vault/root-keys-of.ts";

export const startMs = Date.UTC(2026, 10, 23);

export interface HandClock extends Clock {
  move(ms: number): void;
}

export function handClock(): HandClock {
  let sinceMs = 0;
  return {
    wallMs: () => startMs + sinceMs,
    monotonicMs: () => sinceMs,
    move: (ms) => void (sinceMs += ms),
  };
}

/** Rows and acts in memory; `fail` makes writes reject, `hold` makes them wait. */
export class MemoryStores {
  readonly client = new Map<string, StoredClientKey>();
  readonly venue = new Map<string, StoredVenueKey>();
  readonly acts: ActEntry[] = [];
  fail = false;
  hold: Promise<void> | undefined;

  readonly clientKeys: ClientKeyStore = {
    all: async () => [...this.client.values()],
    insert: (stored, act) => this.#write(act, () => this.client.set(stored.key.id, stored)),
    update: (stored, act) => this.#write(act, () => this.client.set(stored.key.id, stored)),
  };

  readonly venueKeys: VenueKeyStore = {
    all: async () => [...this.venue.values()],
    insert: (stored, act) => this.#write(act, () => this.venue.set(stored.key.id, stored)),
  };

  async #write(act: ActEntry, write: () => void): Promise<void> {
    await this.hold;
    if (this.fail) throw new Error("disk full");
    write();
    this.acts.push(act);
  }
}

export interface Rooms {
  readonly clientKeys: ClientKeys;
  readonly venueKeys: VenueKeys;
  readonly stores: MemoryStores;
  readonly clock: HandClock;
  readonly log: HeardLog;
  readonly rootKeys: RootKeys;
}

export async function openRooms(
  options: {
    stores?: MemoryStores;
    venue?: VenueName;
    rootKeys?: RootKeys;
    realm?: "live" | "sandbox";
    clock?: HandClock;
  } = {},
): Promise<Rooms> {
  const {
    stores = new MemoryStores(),
    venue = "sandbox",
    rootKeys = rootKeysOf(1),
    clock = handClock(),
  } = options;
  const log = heardLog();
  const parts = { rootKeys, clock, random: systemRandom, log };
  const venueKeys = await openVenueKeys({ ...parts, store: stores.venueKeys, venue });
  const { realm = "sandbox" } = options;
  const clientKeys = await openClientKeys({ ...parts, store: stores.clientKeys, venueKeys, realm });
  return { clientKeys, venueKeys, stores, clock, log, rootKeys };
}

export const venueSecretText = "VenueSecret0".padEnd(64, "x");

export function venueKeyInput(change: Partial<VenueKeyInput> = {}): VenueKeyInput {
  return {
    label: "main account",
    algorithm: "HMAC",
    apiKey: "VenueApiKey0".padEnd(64, "y"),
    secret: new Secret(venueSecretText),
    accountUid: "1001",
    ...change,
  };
}

export function issueInput(venueKeyId: string, change: Partial<IssueInput> = {}): IssueInput {
  return {
    label: "grid bot",
    algorithm: "HMAC",
    permissions: ["enableSpotAndMarginTrading"],
    addresses: ["127.0.0.1"],
    symbols: ["BTCUSDT"],
    venueKeyId,
    ...change,
  };
}

export interface PemPair {
  readonly publicKeyPem: string;
  readonly privateKeyPem: string;
}

export function pemPair(algorithm: "ED25519" | "RSA"): PemPair {
  const encoding = {
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  } as const;
  const pair =
    algorithm === "ED25519"
      ? generateKeyPairSync("ed25519", encoding)
      : generateKeyPairSync("rsa", { ...encoding, modulusLength: 2048 });
  return { publicKeyPem: pair.publicKey, privateKeyPem: pair.privateKey };
}
